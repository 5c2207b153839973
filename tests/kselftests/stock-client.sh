#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Our usbip-host exports a disk that the kernel's own vhci-hcd imports.
# timeout 90
. "$(dirname "$0")/../lib.sh"

plan 8
load_host || die "usbip-host does not load"
load_stock_client
disk_travels
