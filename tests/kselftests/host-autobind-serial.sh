#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A rule with a serial number tells devices of the same kind apart.
. "$(dirname "$0")/../lib.sh"

plan 7
load_dummy 2
load_host autobind=1d6b:0104:B2 || die "usbip-host does not load"
gadget one 1d6b 0104 B22
gadget two 1d6b 0104 B2
plugged one dummy_udc.0
one=$busid
plugged two dummy_udc.1
two=$busid
check "the serial number that matches is exported" wait_for 10 exported "$two"
check "the longer one is not" driven_by "$one" usb

check "a rule for the other is accepted" set_rules 1d6b:0104:B22
check "the other is exported" exported "$one"
check "the first is not any more" driven_by "$two" usb

check "any serial number is accepted" set_rules '1d6b:0104:*'
check "then both are exported" exported "$two"
