#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A server that is slow, idle or deaf to unlinks, but alive, keeps its devices; one that trickles does not.
# timeout 240
. "$(dirname "$0")/../lib.sh"

timeout=6
plan 16
unload usbtest || die "usbtest is in use" # it would take the devices
load_client nports=8 unlink_timeout=2 || die "vhci-hcd does not load"
echo $timeout >/sys/module/usbip_ext_core/parameters/peer_timeout

# wait_pending N: an interrupt transfer that the device never ends, on the N-th device.
wait_pending() {
	"$tests/usbfs" "$(node_of "$(port_busid "$(sim_port "$1")")")" wait 0x81 8 >"$tmp/idle.$1" 2>&1 &
	pids="$pids $!"
	wait_for 10 grep -q waiting "$tmp/idle.$1"
}
start_sim idle --attach int:speed=high int:speed=full,bad=unlink-ignore \
	int:speed=low,bad=unlink-silent int:speed=super
for n in 1 2 3 4; do
	wait_for 20 usable "$(sim_port $n)" || die "device $n does not enumerate"
	wait_pending $n
done
log_mark
# Meanwhile two that have much to say, slowly, and one that takes half a second for each answer.
idle_log=$sim_log
start_sim slow --attach --tcp bulk:speed=high,bad=rate=65536 bulk:speed=high,bad=segments=1000 \
	bulk:speed=high,bad=slow=500000
for n in 1 2 3; do
	wait_for 60 port_is "$(sim_port $n)" 6 || die "slow device $n does not enumerate"
done
reads_slowly() { # N BYTES TIMES
	python3 -B - "$tests/hostile" "$(port_busid "$(sim_port "$1")")" "$2" "$3" <<-'END'
		import sys
		sys.path.insert(0, sys.argv[1])
		from client_lib import Usbfs
		with Usbfs(sys.argv[2]) as fd:
		    fd.claim()
		    for _ in range(int(sys.argv[4])):
		        if fd.transfer(0x81, int(sys.argv[3]), 60000) != bytes(int(sys.argv[3])):
		            sys.exit("not the data")
	END
}
check "64 KiB a second: 1 MiB arrives" reads_slowly 1 1048576 1
check "pieces of 1000 bytes: 1 MiB arrives" reads_slowly 2 1048576 1
check "half a second each: 8 transfers" reads_slowly 3 512 8
check "the log says nothing of them" fails kernel_said 'port [0-9]+: (peer|connection|cannot|device)'
sleep $((2 * timeout))
sim_log=$idle_log
n=0
for what in 'a device that has nothing to say' 'one deaf to CMD_UNLINK' 'one silent about CMD_UNLINK' \
	'a SuperSpeed one'; do
	n=$((n + 1))
	check "$what keeps its port for three times peer_timeout" port_is "$(sim_port $n)" 6
	check "  its transfer is still pending" fails grep -q status "$tmp/idle.$n"
done
check "the log says nothing" fails kernel_said 'port [0-9]+: (peer|connection|cannot|device)'

# A byte a second.
start_sim trickle --attach --tcp int:speed=high,bad=rate=1
trickle=$(sim_port)
check "a byte a second is no answer: its port is free" wait_for $((timeout + 5)) port_is "$trickle" 4
start_sim good --attach int:speed=high
check "the next device enumerates" wait_for 20 usable "$(sim_port)"
check "and works" exercise "$(sim_port)"
