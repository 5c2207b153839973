#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A malformed rule is refused with the position of the fault, and the old rules stay.
. "$(dirname "$0")/../lib.sh"

refused() { # WHAT RULES POSITION
	log_mark
	check "$1 is refused" answers "errno EINVAL" "$autobind" "$2"
	check "$1: the log says where" kernel_said_times 1 "usbip-host: autobind: position $3: "
	check "$1: the old rules stay" rules_are 1d6b:0104
}

plan 33
load_dummy
log_mark
check "the driver does not load with a malformed rule" fails load_host autobind=1d6b:0104,xyz
check "the log says where" kernel_said_times 1 "usbip-host: autobind: position 11: "

load_host autobind=1d6b:0104 || die "usbip-host does not load"
gadget one 1d6b 0104 A1
plugged one dummy_udc.0
refused "text" lamp 1
refused "five digits" 1d6b:00104 6
refused "a number with 0x" 0x1d6b 2
refused "a missing product" 1d6b:,1d6b 6
refused "an empty serial number" 1d6b:0104: 11
refused "an empty rule" 1d6b,,1d6b 6
refused "a comma at the end" 1d6b:0104, 11
refused "a lone exclamation mark" '1d6b,!' 7
refused "a space" "1d6b 0104" 5
refused "a star with digits" '1d6b:*4' 7
check "the device is still exported" wait_for 10 exported "$busid"
