#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# "rebind" gives a device without a driver its own one, and refuses everything else with one line.
. "$(dirname "$0")/../lib.sh"

plan 10
modprobe usbtest || skip "no usbtest, a driver for the gadget"
load_dummy
load_host || die "usbip-host does not load"
gadget one 0525 a4a0 A1
plugged one dummy_udc.0
check "the device has its own driver" wait_for 10 interface_driven_by "$busid" usbtest

log_mark
check "a device with a driver is refused" answers "errno EBUSY" "$host/rebind" "$busid"
check "the log says why" kernel_said_times 1 "usbip-host: rebind: $busid: has a driver"
check "the device keeps its driver" interface_driven_by "$busid" usbtest

echo "$busid" >/sys/bus/usb/drivers/usb/unbind
check "without its driver" driven_by "$busid" ""
check "rebind is accepted" answers ok "$host/rebind" "$busid"
check "its own driver is back" wait_for 10 interface_driven_by "$busid" usbtest

check "a device that does not exist is refused" answers "errno ENODEV" "$host/rebind" 99-1
check "the log names it" kernel_said_times 1 "usbip-host: rebind: 99-1: no such device"
check "a name too long is refused" answers "errno EINVAL" "$host/rebind" "$(printf '%0100d' 1)"
