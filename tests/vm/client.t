#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The kselftests client-*, and load-signal, in a VM. KTAP.
# Called by tests/check through prove.
# Needs what kselftests needs.
exec "$(dirname "$0")/kselftests" 'client-*' load-signal
