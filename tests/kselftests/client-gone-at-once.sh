#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# 64 devices go at the same moment, again and again: every port is free each time.
# timeout 400
. "$(dirname "$0")/../lib.sh"

plan 1
load_client nports=64 || die "vhci-hcd does not load"

once() {
	start_sim sim --attach int:speed=high,count=64
	wait_for 60 ports_in_state 64 6 || return 1
	kill -s KILL "$sim_pid"
	wait "$sim_pid"
	wait_for 10 ports_in_state 128 4
}
again() {
	for n in $(seq "${ROUNDS:-8}"); do
		once || { echo "in round $n"; cat "$vhci"/status*; return 1; }
	done
}
check "all ports are free" again
