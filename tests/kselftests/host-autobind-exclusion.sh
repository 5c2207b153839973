#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A rule with a leading ! keeps a device from later rules; the first match wins.
. "$(dirname "$0")/../lib.sh"

plan 8
load_dummy 2
load_host 'autobind=!1d6b:0104,1d6b' || die "usbip-host does not load"
gadget one 1d6b 0104 A1
gadget two 1d6b 0105 B2
plugged one dummy_udc.0
one=$busid
plugged two dummy_udc.1
two=$busid
check "a device of the same vendor is exported" wait_for 10 exported "$two"
check "the excluded one has its own driver" driven_by "$one" usb

check "the other order is accepted" set_rules '1d6b,!1d6b:0104'
check "then the first rule claims it" exported "$one"
check "the other stays" exported "$two"

check "an exclusion alone is accepted" set_rules '!1d6b:0105'
check "it claims nothing: one" driven_by "$one" usb
check "it claims nothing: two" driven_by "$two" usb
