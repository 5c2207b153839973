#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What servers and their devices may do to vhci-hcd, in a VM with the debug kernel. KTAP.
# Called by tests/check through prove.
# Needs what kselftests needs.
exec "$(dirname "$0")/kselftests" -d hostile-servers hostile-descriptors
