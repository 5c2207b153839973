#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The stock "usbip bind" exports a device in place of its own driver, "usbip unbind" gives it back.
. "$(dirname "$0")/../lib.sh"

plan 9
modprobe usbtest || skip "no usbtest, a driver for the gadget"
load_dummy
load_host || die "usbip-host does not load"
gadget one 0525 a4a0 A1
plugged one dummy_udc.0
check "without rules the device has its own driver" wait_for 10 interface_driven_by "$busid" usbtest

check "usbip bind succeeds" usbip bind -b "$busid"
check "the device is exported" exported "$busid"
check "its own driver is gone" interface_driven_by "$busid" ""
check "match_busid lists it" contains "$(cat "$host/match_busid")" "^$busid $"

check "usbip unbind succeeds" usbip unbind -b "$busid"
check "the device is not exported" driven_by "$busid" usb
check "its own driver is back" wait_for 10 interface_driven_by "$busid" usbtest
check "match_busid lists nothing" equals "$(cat "$host/match_busid")" ""
