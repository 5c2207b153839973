#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A hub is never exported: not by the rule "*", not by match_busid and bind.
. "$(dirname "$0")/../lib.sh"

external_hub() { # busid of a hub that is no root hub
	for dev in /sys/bus/usb/devices/*-*; do
		[ -e "$dev/bDeviceClass" ] || continue
		[ "$(cat "$dev/bDeviceClass")" != 09 ] || basename "$dev"
	done | head -n 1
}
has_hub() { [ -n "$(external_hub)" ]; }

plan 10
modprobe xhci_pci
wait_for 10 has_hub || skip "no hub is plugged in"
hub=$(external_hub)
root=usb$(attribute "$hub" busnum)
check "a hub has its own driver" wait_for 10 interface_driven_by "$hub" hub

rules=$(all_but_present)
check "the driver loads with the rule *" load_host "autobind=$rules"
check "the hub keeps its driver" interface_driven_by "$hub" hub
# Interfaces of usb1 are called 1-0:1.0 and so on.
check "the root hub keeps its driver" interface_driven_by "${root#usb}-0" hub

for busid in "$hub" "$root"; do
	check "add of $busid is accepted, as stock does" answers ok "$host/match_busid" "add $busid"
	check "bind of $busid is refused" answers "errno ENODEV" "$host/bind" "$busid"
done
check "the hub still has its driver" interface_driven_by "$hub" hub
check "the root hub still has its driver" interface_driven_by "${root#usb}-0" hub
