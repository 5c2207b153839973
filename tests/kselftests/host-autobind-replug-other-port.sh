#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A device that matches a rule is exported again wherever it is plugged in next.
. "$(dirname "$0")/../lib.sh"

plan 5
load_dummy 2
load_host autobind=1d6b:0104 || die "usbip-host does not load"
gadget one 1d6b 0104 A1
plugged one dummy_udc.0
first=$busid
check "it is exported on the first port" wait_for 10 exported "$first"
unplug one
check "it leaves" wait_for 10 empty dummy_udc.0
plugged one dummy_udc.1
check "the other port is another busid" fails equals "$busid" "$first"
check "it is exported there" wait_for 10 exported "$busid"
replugged one dummy_udc.1
check "and again on the same port" wait_for 10 exported "$busid"
