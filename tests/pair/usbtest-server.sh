#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Exports a gadget zero of each speed until the other VM has tested them.
# Called by tests/vm/usbtest.t in the first of two VMs.
# Needs what the kselftests need.
# shellcheck source=../lib.sh
. /usbip-ext/tests/lib.sh
. /usbip-ext/tests/vm/guest-lib.sh

plan 1
load_dummy 2 is_super_speed=1
load_host autobind=0525:a4a0 || die "usbip-host does not load"
for speed in high:0 super:1; do
	gadget_zero "${speed%:*}" "${speed%:*}-speed"
	plugged "${speed%:*}" "dummy_udc.${speed#*:}"
	wait_for 20 exported "$busid" || die "$busid is not exported"
	echo "$busid" >"/out/${speed%:*}"
done
start_usbipd
mark exported
check "the other VM is done" await tested 200
