#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A device that matches a rule is exported as soon as it is plugged in, with a configuration.
. "$(dirname "$0")/../lib.sh"

plan 4
load_dummy
load_host autobind=1d6b:0104 || die "usbip-host does not load"
gadget one 1d6b 0104 A1
check "it can be plugged in" plug one dummy_udc.0
check "it appears" wait_for 10 present 1d6b:0104
busid=$(busids 1d6b:0104)
check "it is exported" wait_for 10 exported "$busid"
check "it has a configuration" contains "$(cat "/sys/bus/usb/devices/$busid/bNumInterfaces")" 1
