#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A rule written at run time claims devices that are there, one removed gives them back.
. "$(dirname "$0")/../lib.sh"

plan 12
modprobe usbtest || skip "no usbtest, a driver for the gadgets"
load_dummy 2
load_host || die "usbip-host does not load"
check "there are no rules" rules_are ""
gadget one 0525 a4a0 A1
gadget two 1d6b 0104 B2
plugged one dummy_udc.0
one=$busid
plugged two dummy_udc.1
two=$busid
check "a device has its own driver" wait_for 10 interface_driven_by "$one" usbtest

# When the write has returned, it is done.
check "a rule for it is accepted" set_rules 0525:a4a0
check "it is exported" exported "$one"
check "its own driver is gone" interface_driven_by "$one" ""
check "the other device is not exported" driven_by "$two" usb

check "a rule for the other alone is accepted" set_rules '1d6b:0104\n'
check "the rule is shown" rules_are 1d6b:0104
check "the other is exported" exported "$two"
check "the first has its own driver" interface_driven_by "$one" usbtest

check "no rule at all is accepted" set_rules '\n'
check "the other is not exported any more" driven_by "$two" usb
