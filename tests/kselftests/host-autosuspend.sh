#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A device that may suspend at once does no harm when it is bound, refused or unbound.
# The USB core suspends it behind the driver's disconnect, and behind a probe that failed.
# Called by run_tests.sh, in a VM by vm/host.t.
. "$(dirname "$0")/../lib.sh"

plan 7
load_dummy 1
load_host || die "usbip-host does not load"
gadget one 1d6b 0104 A1
plugged one dummy_udc.0
power=/sys/bus/usb/devices/$busid/power
echo 0 >"$power/autosuspend_delay_ms"
echo auto >"$power/control"
attribute_is() { equals "$(attribute "$busid" "$1")" "$2"; }
check "it is suspended when nobody uses it" wait_for 10 attribute_is power/runtime_status suspended
check "it can be bound" usbip bind -b "$busid"
check "a client gets its descriptors" peer "$busid" enumerate
wait_for 10 status_is "$busid" 1 || die "it is still used"
check "it can be unbound" usbip unbind -b "$busid"
check "it is suspended again" wait_for 10 attribute_is power/runtime_status suspended
check "it can be bound again" usbip bind -b "$busid"
check "usbip-host goes" rmmod usbip-host
