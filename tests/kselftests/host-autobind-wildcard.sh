#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A star in a rule stands for any vendor, any product or any device.
. "$(dirname "$0")/../lib.sh"

plan 12
load_dummy 2
others=$(all_but_present)
load_host 'autobind=*:0104' || die "usbip-host does not load"
gadget one 1d6b 0104 A1
gadget two 1d6c 0105 B2
plugged one dummy_udc.0
one=$busid
plugged two dummy_udc.1
two=$busid
check "*:PID claims that product" wait_for 10 exported "$one"
check "*:PID claims no other" driven_by "$two" usb

check "VID:* is accepted" set_rules '1d6c:*'
check "VID:* claims that vendor" exported "$two"
check "VID:* claims no other" driven_by "$one" usb

check "*:*:SERIAL is accepted" set_rules '*:*:A1'
check "*:*:SERIAL claims that serial number" exported "$one"
check "*:*:SERIAL claims no other" driven_by "$two" usb

check "* is accepted" set_rules "$others"
check "* claims every device: one" exported "$one"
check "* claims every device: two" exported "$two"
replugged two dummy_udc.1
check "* claims what comes later" wait_for 10 exported "$busid"
