#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Allocations of the drivers fail, and nothing is lost, in a VM with the debug kernel. KTAP.
# Called by tests/check through prove.
# Needs what kselftests needs.
exec "$(dirname "$0")/kselftests" -d debug-failslab-client debug-failslab-host debug-failslab-io
