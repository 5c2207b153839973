#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The kselftests that move data and end connections under it, in a VM with KCSAN. KTAP.
# Called by tests/check through prove.
# Needs what kselftests needs.
exec "$(dirname "$0")/kselftests" -c -2 'both-*' 'client-[dptu]*' 'host-[mp]*'
