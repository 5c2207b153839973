#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# When the driver is removed, devices return to their own drivers, however they came to it.
. "$(dirname "$0")/../lib.sh"

plan 7
modprobe usbtest || skip "no usbtest, a driver for the gadgets"
load_dummy 2
load_host autobind=0525:a4a0:A1 || die "usbip-host does not load"
gadget one 0525 a4a0 A1
gadget two 0525 a4a0 B2
plugged one dummy_udc.0
one=$busid
plugged two dummy_udc.1
two=$busid
check "a rule claims a device" wait_for 10 exported "$one"
check "the other has its own driver" wait_for 10 interface_driven_by "$two" usbtest
check "usbip bind exports it" usbip bind -b "$two"

check "the driver can be removed" rmmod usbip-host
check "the first device has its own driver" interface_driven_by "$one" usbtest
check "the second device has its own driver" interface_driven_by "$two" usbtest
check "nothing is left in sysfs" fails test -e "$host"
