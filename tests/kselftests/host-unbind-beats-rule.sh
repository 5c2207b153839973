#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# "usbip unbind" takes a device from a rule until it is plugged in again.
. "$(dirname "$0")/../lib.sh"

plan 7
modprobe usbtest || skip "no usbtest, a driver for the gadget"
load_dummy
load_host autobind=0525:a4a0 || die "usbip-host does not load"
gadget one 0525 a4a0 A1
plugged one dummy_udc.0
check "the rule claims the device" wait_for 10 exported "$busid"
check "usbip unbind succeeds" usbip unbind -b "$busid"
check "the device has its own driver" wait_for 10 interface_driven_by "$busid" usbtest
check "the same rule, written again, is accepted" set_rules 0525:a4a0
check "and does not claim the device" interface_driven_by "$busid" usbtest
check "the rule stays" rules_are 0525:a4a0
replugged one dummy_udc.0
check "plugged in again, it is exported" wait_for 10 exported "$busid"
