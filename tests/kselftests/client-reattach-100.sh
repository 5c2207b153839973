#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A port takes a device a hundred times, and nothing is left over.
# timeout 300
. "$(dirname "$0")/../lib.sh"

plan 6
load_client nports=8 || die "vhci-hcd does not load"

# What a connection or a device would leave behind.
sockets() { awk '/^sockets:/ { print $3 }' /proc/net/sockstat; }
left_over() {
	echo "modules: $(awk '/^(vhci_hcd|usbip_ext_core) / { print $1, $3 }' /proc/modules)"
	echo "devices: $(find /sys/bus/usb/devices/ -type l | wc -l)"
	echo "threads: $(ps --ppid 2 -o comm= | awk '!/^kworker\//' | wc -l)"
}
# Port 0 is the first line of the file; no process is started to read it.
port_0_is() {
	{ read -r _ && read -r _ _ state _; } <"$vhci/status" && [ "$state" = "00$1" ]
}
once() {
	start_sim sim --attach 0 int:speed=high
	wait_for 20 port_0_is 6 || return 1
	detach 0
	wait "$sim_pid"
	wait_for 10 port_0_is 4
}
check "the first time" once
left_over >"$tmp/before"
before=$(sockets)
hundred() {
	for n in $(seq 99); do
		once || { echo "at the ${n}th"; return 1; }
	done
}
check "99 times more" hundred
left_over >"$tmp/after"
check "no module reference, device or thread is left" diff "$tmp/before" "$tmp/after"
check "no socket is left" [ "$(sockets)" -le "$before" ]
check "all ports are free" ports_in_state 16 4
check "the module goes" rmmod vhci-hcd
