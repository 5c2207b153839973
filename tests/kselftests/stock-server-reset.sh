#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A reset on the client resets the real device when the server is the stock one.
. "$(dirname "$0")/../lib.sh"

plan 9
load_stock_host || die "usbip-host does not load"
load_client nports=8 || die "vhci-hcd does not load"
reset_travels high-speed
