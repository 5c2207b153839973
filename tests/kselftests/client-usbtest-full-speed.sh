#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Isochronous and interrupt transfers pass the kernel's usbtest at full speed.
. "$(dirname "$0")/../lib.sh"

# take ALT: usbtest with the endpoints of that setting.
take() {
	! loaded usbtest || rmmod usbtest
	modprobe usbtest alt="$1" && wait_for 20 usable "$(sim_port)"
}

plan 6
modprobe -n usbtest || skip "no usbtest on this kernel"
load_client nports=8 || die "vhci-hcd does not load"
start_sim sim --attach bulk:speed=full,packet=1023
wait_for 20 port_is "$(sim_port)" 6 || die "the device does not enumerate"
usbtest_on "full speed" "$(port_busid "$(sim_port)")"
take 1 || die "usbtest does not take the isochronous endpoints"
usbtest_case 15 "isochronous OUT" -c 20 -g 4 -s 4096
usbtest_case 16 "isochronous IN" -c 20 -g 4 -s 4096
usbtest_case 22 "isochronous OUT, odd address" -c 20 -g 4 -s 4096
usbtest_case 23 "isochronous IN, odd address" -c 20 -g 4 -s 4096
take 2 || die "usbtest does not take the interrupt endpoints"
usbtest_case 25 "interrupt OUT" -c 50 -s 64
usbtest_case 26 "interrupt IN" -c 50 -s 64
