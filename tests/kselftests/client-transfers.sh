#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Control, bulk, interrupt and isochronous transfers pass the kernel's usbtest, at high speed and SuperSpeed.
# timeout 180
. "$(dirname "$0")/../lib.sh"

plan 54
modprobe usbtest || skip "no usbtest on this kernel"
load_client nports=8 || die "vhci-hcd does not load"
start_sim sim --attach bulk:speed=high bulk:speed=super

# take N: the device that usbtest_case below is about.
take() {
	busid=$(port_busid "$(sim_port "$1")")
	usbtest_on "$(attribute "$busid" speed)" "$busid"
}
# again ALT: the driver takes the other endpoints.
again() {
	rmmod usbtest && modprobe usbtest alt="$1" && wait_for 20 usable "$(sim_port 1)" &&
		wait_for 20 usable "$(sim_port 2)"
}

for n in 1 2; do
	wait_for 20 usable "$(sim_port $n)" || die "device $n does not enumerate"
	take $n
	usbtest_case 1 "bulk OUT" -c 100
	usbtest_case 2 "bulk IN" -c 100
	usbtest_case 3 "bulk OUT, lengths vary" -c 100 -v 421
	usbtest_case 4 "bulk IN, lengths vary" -c 100 -v 421
	usbtest_case 5 "bulk OUT, scatter list" -c 20 -s 4096
	usbtest_case 6 "bulk IN, scatter list" -c 20 -s 4096
	usbtest_case 7 "bulk OUT, scatter list, lengths vary" -c 20 -v 421
	usbtest_case 8 "bulk IN, scatter list, lengths vary" -c 20 -v 421
	usbtest_case 9 "standard control requests" -c 3
	usbtest_case 10 "queued control requests" -c 20 -g 8
	usbtest_case 11 "unlink IN" -c 20
	usbtest_case 12 "unlink OUT" -c 20
	usbtest_case 13 "set and clear halt" -c 20
	usbtest_case 14 "control OUT, read back" -c 50 -v 100
	usbtest_case 17 "bulk OUT from an odd address" -c 50
	usbtest_case 18 "bulk IN to an odd address" -c 50
	usbtest_case 19 "bulk OUT from an odd address, coherent" -c 50
	usbtest_case 20 "bulk IN to an odd address, coherent" -c 50
	usbtest_case 21 "control OUT from an odd address" -c 50 -v 100
	usbtest_case 24 "unlink from a queue" -c 20
done
again 1 || die "usbtest does not take the isochronous endpoints"
for n in 1 2; do
	take $n
	usbtest_case 15 "isochronous OUT" -c 20 -g 4 -s 2048
	usbtest_case 16 "isochronous IN" -c 20 -g 4 -s 2048
	usbtest_case 22 "isochronous OUT, odd address" -c 20 -g 4 -s 2048
	usbtest_case 23 "isochronous IN, odd address" -c 20 -g 4 -s 2048
done
again 2 || die "usbtest does not take the interrupt endpoints"
for n in 1 2; do
	take $n
	usbtest_case 25 "interrupt OUT" -c 50 -s 64
	usbtest_case 26 "interrupt IN" -c 50 -s 64
done
check "the devices are still there" ports_in_state 2 6
check "and still there alone" ports_in_state 14 4
