#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A device that was imported is never exported: not by the rule "*", not by match_busid and bind.
. "$(dirname "$0")/../lib.sh"

imported() { ls -d "$vhci"/usb*/*-*/idVendor; }

plan 9
rules=$(all_but_present)
load_client || die "vhci-hcd does not load"
load_host || die "usbip-host does not load"
start_sim sim --attach bulk:speed=high,vid=0525,pid=a4a0
port=$(awk '/^attached port/ { print $3 }' "$sim_log")
check "a device is imported" wait_for 10 imported
busid=$(basename "$(dirname "$(imported)")")
check "it has the generic driver" wait_for 10 driven_by "$busid" usb

check "the rule * is accepted" set_rules "$rules"
check "the imported device keeps its driver" driven_by "$busid" usb
check "add of it is accepted, as stock does" answers ok "$host/match_busid" "add $busid"
check "without its driver" answers ok /sys/bus/usb/drivers/usb/unbind "$busid"
check "bind is refused" answers "errno ENODEV" "$host/bind" "$busid"
check "rebind is accepted" answers ok "$host/rebind" "$busid"
check "the imported device has the generic driver" driven_by "$busid" usb
detach "$port"
