#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A server that says nothing while it owes an answer costs peer_timeout seconds, on any kind of socket.
# timeout 500
. "$(dirname "$0")/../lib.sh"

timeout=6
bound=$((timeout + 5))
peer_timeout=/sys/module/usbip_ext_core/parameters/peer_timeout

# reads NAME BUSID: a disk, until it fails; its words, and when that was, in $tmp/NAME.
reads() {
	disk=$(disk_of "$2")
	while dd if="$disk" of=/dev/null bs=64k iflag=direct; do
		: # once more
	done >"$tmp/$1.words" 2>&1
	date +%s >"$tmp/$1"
}
stop() { # the simulator; the clock starts
	kill -STOP "$sim_pid"
	stopped=$(date +%s)
}
took_at_most() { # NAME SECONDS: it failed within
	wait_for 30 [ -s "$tmp/$1" ] || return 1
	took=$(($(cat "$tmp/$1") - stopped))
	echo "after $took s: $(cat "$tmp/$1.words")"
	[ "$took" -le "$2" ]
}
none_in_d() { fails ps_shows_d; }
ps_shows_d() { ps -eo stat=,comm= >"$tmp/ps" && grep '^D' "$tmp/ps"; }

plan 23
load_device_drivers
load_client nports=8 unlink_timeout=2 || die "vhci-hcd does not load"
echo $timeout >$peer_timeout

for socket in --tcp ''; do
	name=${socket:-UNIX}
	log_mark
	# shellcheck disable=SC2086 # nothing or an option
	start_sim "sim$socket" --attach $socket storage:speed=high
	port=$(sim_port)
	wait_for 20 usable "$port" || die "the device does not enumerate"
	reads "reader$socket" "$(port_busid "$port")" &
	sleep 1
	stop
	check "$name: a transfer gets its error in time" took_at_most "reader$socket" $((bound + 1))
	check "$name: the port is free" wait_for 5 port_is "$port" 4
	check "$name: the log says why, in one line" kernel_said_times 1 \
		"port $port: peer does not answer"
	check "$name: no process is in state D" wait_for 5 none_in_d
	kill -CONT "$sim_pid"
done

# Four seconds of silence.
for socket in --tcp ''; do
	name=${socket:-UNIX}
	# shellcheck disable=SC2086
	start_sim "back$socket" --attach $socket int:speed=high,tick=20000
	port=$(sim_port)
	wait_for 20 usable "$port" || die "the device does not enumerate"
	"$tests/usbfs" "$(node_of "$(port_busid "$port")")" wait 0x81 8 >"$tmp/back$socket" 2>&1 &
	wait_for 10 grep -q waiting "$tmp/back$socket"
	kill -STOP "$sim_pid"
	sleep 4
	kill -CONT "$sim_pid"
	check "$name: after 4 s of silence the transfer completes" \
		wait_for 40 grep -q 'status 0' "$tmp/back$socket"
	check "$name: and the device works" exercise "$port"
done

# Silent in the middle of the enumeration, which has other time-outs besides.
n=0
for device in int:speed=high,bad=silent-after=3 int:speed=super,bad=cut=4:20:stall; do
	n=$((n + 1))
	log_mark
	start_sim "mute$n" --attach --tcp "$device"
	check "silent while enumerated, $n: the port is free" wait_for $bound port_is "$(sim_port)" 4
	check "silent while enumerated, $n: the log says why, once" \
		kernel_said_times 1 'port [0-9]*: peer does not answer'
done

# The other parameter value.
echo 0 >$peer_timeout
start_sim off --attach int:speed=high
port=$(sim_port)
wait_for 20 usable "$port" || die "the device does not enumerate"
"$tests/usbfs" "$(node_of "$(port_busid "$port")")" wait 0x81 8 >"$tmp/off" 2>&1 &
waiter=$!
wait_for 10 grep -q waiting "$tmp/off"
log_mark
kill -STOP "$sim_pid"
sleep $((2 * timeout))
check "peer_timeout=0: a silent server keeps its port" port_is "$port" 6
check "and nothing is said" fails kernel_said 'peer does not answer'
kill -CONT "$sim_pid"
kill $waiter
wait $waiter
check "the device still works" exercise "$port"
echo $timeout >$peer_timeout
start_sim on --attach storage:speed=high
port=$(sim_port)
wait_for 20 usable "$port" || die "the device does not enumerate"
reads on "$(port_busid "$port")" &
sleep 1
stop
check "switched on again: the port of the next silent one is free" wait_for $bound port_is "$port" 4
kill -CONT "$sim_pid"
check "the transfer has its error" took_at_most on $((bound + 1))
start_sim good --attach "$port" int:speed=high
check "the port takes the next device" wait_for 20 usable "$port"
check "which works" exercise "$port"
