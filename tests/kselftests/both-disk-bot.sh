#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A disk with bulk-only transport at SuperSpeed keeps a file system and every byte in it; for as many seconds as the argument says.
# timeout 90
. "$(dirname "$0")/../lib.sh"

plan 8
disk_works 46f4:0001 usb-storage 5000 "${1:-15}"
