#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# An exported device keeps a configuration: clients see its interfaces, no driver binds to them.
. "$(dirname "$0")/../lib.sh"

plan 7
modprobe usbtest || skip "no usbtest, a driver for the gadget"
load_dummy
load_host autobind=0525:a4a0 || die "usbip-host does not load"
gadget one 0525 a4a0 A1
plugged one dummy_udc.0
check "the device is exported" wait_for 10 exported "$busid"
check "it has a configuration" equals "$(attribute "$busid" bConfigurationValue)" 1
check "it has an interface" equals "$(attribute "$busid" bNumInterfaces | tr -d ' ')" 1
check "no driver binds to the interface" interface_driven_by "$busid" ""

echo "$busid:1.0" >"$tmp/interface"
check "nor when told to" fails tee /sys/bus/usb/drivers/usbtest/bind <"$tmp/interface"
start_usbipd
check "usbip list -r shows the device" contains "$(usbip list -r 127.0.0.1)" " $busid: "
check "usbip list -r shows its interface" \
	contains "$(usbip list -r 127.0.0.1)" "0 - .*\(ff/00/00\)"
