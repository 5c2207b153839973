#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# When the server dies, the ports of its devices are free within 5 seconds, even with transfers under way.
. "$(dirname "$0")/../lib.sh"

plan 7
load_client nports=8 || die "vhci-hcd does not load"
for socket in --tcp ''; do
	# shellcheck disable=SC2086 # nothing or an option
	start_sim sim --attach $socket int:speed=high int:speed=super
	wait_for 20 usable "$(sim_port 1)"
	wait_for 20 usable "$(sim_port 2)"
	"$tests/usbfs" "$(node_of "$(port_busid "$(sim_port 1)")")" wait 0x81 8 >"$tmp/waits$socket" 2>&1 &
	waiter=$!
	wait_for 10 grep -q waiting "$tmp/waits$socket"
	check "${socket:-UNIX}: two ports are used" ports_in_state 2 6
	kill -9 "$sim_pid"
	check "${socket:-UNIX}: they are free again" wait_for 5 ports_in_state 16 4
	check "${socket:-UNIX}: who used it got an error" wait_for 5 fails [ -d /proc/$waiter ]
done
start_sim sim --attach int:speed=high
check "the ports take new devices" wait_for 20 usable "$(sim_port)"
