#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The kselftests both-* and stock-* in a VM. KTAP.
# Called by tests/check through prove.
# Needs what kselftests needs.
exec "$(dirname "$0")/kselftests" 'both-*' 'stock-*'
