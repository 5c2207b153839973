#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs usbtest on the other VM's gadgets, one after the other.
# Called by tests/vm/usbtest.t in the second of two VMs.
# Needs what the kselftests need.
# shellcheck source=../lib.sh
. /usbip-ext/tests/lib.sh
. /usbip-ext/tests/vm/guest-lib.sh

plan 48
modprobe usbtest || skip "no usbtest on this kernel"
load_client nports=8 || die "vhci-hcd does not load"
await exported 60 || die "nothing is exported"
for speed in high:480 super:5000; do
	busid=$(cat "/out/${speed%:*}")
	usbip attach -r 10.0.0.1 -b "$busid" || die "no attach of $busid"
	wait_for 20 ports_in_state 1 6 || die "no port has $busid"
	port=$(used_ports)
	there=$(port_busid "$port")
	wait_for 20 interface_driven_by "$there" usbtest || die "usbtest does not take $there"
	check "its speed is ${speed#*:}" equals "$(attribute "$there" speed)" "${speed#*:}"
	usbtest_cases "${speed%:*}" "$there" 250
	detached "$port" || die "port $port is not free"
done
mark tested
