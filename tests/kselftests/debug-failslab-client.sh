#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Each allocation of attach, detach, an URB fails once, and nothing leaks.
# Needs a kernel with FAILSLAB and kmemleak; run_tests.sh runs it in a VM.
# timeout 300
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../hammer/debug.sh"

plan 12
debug_kernel
load_device_drivers
load_client nports=2 || die "vhci-hcd does not load"
forget_leaks
check "attach of a UNIX socket" walk attach 0
check "attach of a TCP socket" walk -t attach 0
check "detach" walk -t detach 0

# One kind of URB after the other, over both kinds of sockets.
for how in "" --tcp; do
	# shellcheck disable=SC2086 # empty, or a word
	start_sim sim --attach $how int:speed=high
	wait_for 60 usable "$(sim_port)" || die "no device for control and interrupt transfers"
	node=$(node_of "$(port_busid "$(sim_port)")")
	check "a control URB ${how:-UNIX}" walk control "$node"
	check "and the device works ${how:-UNIX}" exercise "$(sim_port)"
	# Leaves its data in the device.
	check "an interrupt URB ${how:-UNIX}" walk bulk "$node" 0x01 8
	kill "$sim_pid"
	wait_for 30 ports_in_state 4 4 || die "the ports are not free"
done
start_sim sim --attach --tcp iso:speed=high
wait_for 60 usable "$(sim_port)" || die "no isochronous device"
check "an isochronous URB" walk iso "$(node_of "$(port_busid "$(sim_port)")")" 0x81
check "and the device works" exercise "$(sim_port)"
kill "$sim_pid"
wait_for 30 ports_in_state 4 4 || die "the ports are not free"

check "nothing has leaked" no_leaks
walks
