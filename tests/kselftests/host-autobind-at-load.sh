#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Devices that are there when the driver is loaded and match a rule are exported at once.
. "$(dirname "$0")/../lib.sh"

plan 6
modprobe usbtest || skip "no usbtest, a driver for the gadgets"
load_dummy 2
gadget one 0525 a4a0 A1
gadget two 1d6b 0104 B2
plugged one dummy_udc.0
one=$busid
plugged two dummy_udc.1
two=$busid
check "a device has its own driver" wait_for 10 interface_driven_by "$one" usbtest

check "the driver loads with a rule" load_host autobind=0525:a4a0
check "the device that matches is exported" exported "$one"
check "its own driver is gone" interface_driven_by "$one" ""
check "the other device is not exported" driven_by "$two" usb
check "the rule is shown" rules_are 0525:a4a0
