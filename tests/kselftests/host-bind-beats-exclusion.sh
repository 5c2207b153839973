#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# "usbip bind" exports a device that a rule excludes, until it is plugged in again.
. "$(dirname "$0")/../lib.sh"

plan 5
modprobe usbtest || skip "no usbtest, a driver for the gadget"
load_dummy
load_host 'autobind=!0525:a4a0,0525' || die "usbip-host does not load"
gadget one 0525 a4a0 A1
plugged one dummy_udc.0
check "the excluded device has its own driver" wait_for 10 interface_driven_by "$busid" usbtest
check "usbip bind succeeds" usbip bind -b "$busid"
check "the device is exported" exported "$busid"
replugged one dummy_udc.0
check "plugged in again, it has its own driver" wait_for 10 interface_driven_by "$busid" usbtest
check "and is not exported" driven_by "$busid" usb
