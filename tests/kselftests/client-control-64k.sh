#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Control transfers carry up to 65535 bytes each way, unharmed, from even and odd addresses.
. "$(dirname "$0")/../lib.sh"

plan 10
modprobe usbtest || skip "no usbtest on this kernel"
load_client nports=8 || die "vhci-hcd does not load"
start_sim sim --attach bulk:speed=high bulk:speed=super
for n in 1 2; do
	wait_for 20 usable "$(sim_port $n)" || die "device $n does not enumerate"
	there=$(port_busid "$(sim_port $n)")
	usbtest_on "speed $(attribute "$there" speed)" "$there"
	usbtest_case 14 "65535 bytes" -c 10 -s 65535 -v 0
	usbtest_case 21 "65535 bytes, odd address" -c 10 -s 65535 -v 0
	usbtest_case 14 "1 byte to 64 KiB" -c 50 -s 65535 -v 4093
	usbtest_case 21 "1 byte to 64 KiB, odd address" -c 50 -s 65535 -v 4093
	usbtest_case 10 "with and without data, queued" -c 20 -g 32
done
