#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What of memory takes longer, in a VM with the debug kernel: loading without it, leaks. KTAP.
# Called by tests/check debug through prove.
# Needs what kselftests needs.
exec "$(dirname "$0")/kselftests" -d debug-failslab-load debug-leaks
