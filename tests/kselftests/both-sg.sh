#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Scatter lists of all shapes keep their data: every byte is checked by the gadget or by usbtest.
. "$(dirname "$0")/../lib.sh"

plan 11
load_host || die "usbip-host does not load"
load_client nports=8 || die "vhci-hcd does not load"
usbtest_imported high-speed 1

usbtest_on imported "$there"
for size in 1001 513 65537; do
	usbtest_case 5 "OUT, 9 pieces of $size" -c 20 -s $size -g 9
	usbtest_case 7 "OUT, 33 pieces of up to $size" -c 20 -s $size -v 13 -g 33
done
usbtest_case 5 "OUT, one piece" -c 20 -s 4097 -g 1
usbtest_case 5 "OUT, 128 pieces of one byte" -c 20 -s 1 -g 128
usbtest_case 5 "OUT, more than 1 MiB" -c 5 -s 65536 -g 40
usbtest_case 6 "IN, more than 1 MiB" -c 5 -s 65536 -g 40
usbtest_case 8 "IN, 33 pieces of up to 64 KiB" -c 20 -s 65536 -v 512 -g 33
