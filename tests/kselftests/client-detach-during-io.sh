#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Devices that are busy can be detached: their users get errors, and the ports take new devices.
# timeout 120
. "$(dirname "$0")/../lib.sh"

plan 6
load_client nports=8 || die "vhci-hcd does not load"
load_device_drivers
start_sim sim --attach serial:speed=high storage:speed=super,size=1 bulk:speed=high int:speed=full

users=
for n in 1 2 3 4; do
	port=$(sim_port $n)
	wait_for 20 usable "$port" || die "port $port is not usable"
	while exercise "$port"; do
		echo once >>"$tmp/worked.$n"
	done >"$tmp/user.$n" 2>&1 &
	users="$users $!"
done
pids="$pids $users"
all_worked() {
	for n in 1 2 3 4; do
		[ -e "$tmp/worked.$n" ] || { echo "user $n: $(cat "$tmp/user.$n")"; return 1; }
	done
}
users_gone() {
	for user in $users; do
		[ ! -d "/proc/$user" ] || return 1
	done
}
detach_all() {
	for port in $(used_ports); do
		detach "$port" || return 1
	done
}
check "all devices are in use" wait_for 20 all_worked
check "they can be detached" detach_all
check "all ports are free" wait_for 5 ports_in_state 16 4
check "every user has got an error and ended" wait_for 30 users_gone
start_sim again --attach 0 serial:speed=high
check "the port takes a new device" wait_for 20 usable 0
check "which works" exercise 0
