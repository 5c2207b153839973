#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The kernel's own usbip-host exports a disk that our vhci-hcd imports.
# timeout 90
. "$(dirname "$0")/../lib.sh"

plan 8
load_stock_host
load_client nports=8 || die "vhci-hcd does not load"
disk_travels
