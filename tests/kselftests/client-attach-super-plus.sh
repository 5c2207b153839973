#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Tools that do not know SPEED 6 write it with a USB2 port, and for EBUSY the same again, for ever.
# timeout 60
. "$(dirname "$0")/../lib.sh"

plan 8
load_client nports=2 || die "vhci-hcd does not load"
start_sim first --attach int:speed=super
check "the first USB3 port is taken" wait_for 20 usable 2
log_mark
check "a device of SPEED 6 for USB2 port 0 goes to the next one" \
	answers ok "$vhci/attach" "0 %d 1 6" tcp
check "which is port 3" kernel_said 'port 3: attached devid 00000001, speed 5'
wait_for 10 port_is 3 4 || die "port 3 does not get free"
start_sim second --attach int:speed=super
check "both are taken" wait_for 20 usable 3
log_mark
check "another one is told so, and not EBUSY" answers "errno ENOSPC" "$vhci/attach" "0 %d 1 6" tcp
check "the log says why" kernel_said 'attach: no SuperSpeed port is free'
check "for USB3 port 2 it is EBUSY" answers "errno EBUSY" "$vhci/attach" "2 %d 1 6" tcp
check "the USB2 ports are free" ports_in_state 2 4
