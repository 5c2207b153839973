#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What clients may do to usbip-host, in a VM with the debug kernel. KTAP.
# Called by tests/check through prove.
# Needs what kselftests needs.
exec "$(dirname "$0")/kselftests" -d -2 hostile-clients
