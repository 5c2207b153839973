#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# vhci-hcd can be removed while devices are busy: their users get errors, and it loads again.
# timeout 120
. "$(dirname "$0")/../lib.sh"

plan 8
load_client nports=8 || die "vhci-hcd does not load"
load_device_drivers
start_sim sim --attach serial:speed=high,count=2 storage:speed=high,size=1 storage:speed=super,size=1 \
	bulk:speed=high bulk:speed=super int:speed=low int:speed=full

# Each is used until that fails, and one transfer waits for what never comes.
users=
n=0
while [ $((n += 1)) -le 8 ]; do
	port=$(sim_port $n)
	wait_for 20 usable "$port" || die "port $port is not usable"
	while exercise "$port"; do
		echo once >>"$tmp/worked.$n"
	done >"$tmp/user.$n" 2>&1 &
	users="$users $!"
done
"$tests/usbfs" "$(node_of "$(port_busid "$(sim_port 8)")")" wait 0x81 8 >"$tmp/waits" 2>&1 &
users="$users $!"
pids="$pids $users"
all_worked() {
	for n in 1 2 3 4 5 6 7; do
		[ -e "$tmp/worked.$n" ] || { echo "user $n: $(cat "$tmp/user.$n")"; return 1; }
	done
}
users_gone() {
	for user in $users; do
		[ ! -d "/proc/$user" ] || return 1
	done
}
check "all devices are in use" wait_for 30 all_worked
check "8 ports are used" ports_in_state 8 6

limit=10
! slow_kernel || limit=40
start=$(date +%s)
check "the module goes" rmmod vhci-hcd
check "in less than $limit s" [ $(($(date +%s) - start)) -lt $limit ]
check "every user has got an error and ended" wait_for 30 users_gone
check "nothing of it stays" fails test -e "$vhci"
check "it loads again" load_client nports=8
start_sim again --attach 0 int:speed=high
check "and takes a device" wait_for 20 usable 0
