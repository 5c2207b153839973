#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Who is killed while a slow server takes his data waits peer_timeout, not until it has taken all,
# nor for a longer unlink_timeout.
# timeout 180
. "$(dirname "$0")/../lib.sh"

timeout=6
plan 12
unload usbtest || die "usbtest is in use" # it would take the device
load_client nports=2 || die "vhci-hcd does not load"
echo $timeout >/sys/module/usbip_ext_core/parameters/peer_timeout
start_sim sim -p 3300 bulk:speed=high
mkfifo "$tmp/words"
python3 -B "$tests/faults/relay.py" 3301 127.0.0.1 3300 <"$tmp/words" >"$tmp/relay.log" 2>&1 &
pids="$pids $!"
exec 3>"$tmp/words"
wait_for 20 grep -q ready "$tmp/relay.log" || die "relay: $(cat "$tmp/relay.log")"

# attached: through the relay, which passes on all it gets until it is told to sip. Its server
# has to read what is left of the connection before.
attached() {
	wait_for 30 offered || die "the server still has its last client"
	usbip --tcp-port 3301 attach -r 127.0.0.1 -b 1-1 || die "the device cannot be attached"
	wait_for 20 ports_in_state 1 6 || die "it does not enumerate"
	port=$(used_ports)
	busid=$(port_busid "$port")
}

offered() { usbip --tcp-port 3300 list -r 127.0.0.1 | grep -q '1-1:'; }

# half_sent WHAT: five checks: a transfer of 8 MiB, and its sender is killed.
# 64 KiB in peer_timeout count as life, and 8 MiB take eight minutes like that.
half_sent() {
	echo sip >&3
	sips=$((sips + 1))
	wait_for 5 sipping || die "relay: $(cat "$tmp/relay.log")"
	log_mark
	python3 -B - "$tests/hostile" "$busid" >"$tmp/send.log" 2>&1 <<-'END' &
		import sys, time
		sys.path.insert(0, sys.argv[1])
		from client_lib import BULK, Usbfs
		with Usbfs(sys.argv[2]) as fd:
		    fd.claim()
		    fd.submit(BULK, 0x01, 8 << 20)
		    print("under way", flush=True)
		    time.sleep(300)
		END
	sender=$!
	pids="$pids $sender"
	wait_for 20 grep -q 'under way' "$tmp/send.log" || die "send: $(cat "$tmp/send.log")"
	sleep $((2 * timeout))
	check "$1: a server that takes 16 KiB a second keeps its device" port_is "$port" 6
	check "$1: nothing has been said" fails kernel_said 'port [0-9]+: '
	kill -9 $sender
	start=$(date +%s)
	check "$1: the sender, killed, is gone within peer_timeout and 5 s" wait_for $((timeout + 5)) gone
	echo "# $(($(date +%s) - start)) s"
	check "$1: the log says why" kernel_said \
		"port $port: peer does not take the rest of a cancelled transfer: error -110"
	check "$1: the port is free" wait_for 5 ports_in_state 4 4
}
sips=0
sipping() { equals "$(grep -c sip "$tmp/relay.log")" $sips; }
gone() { test ! -d "/proc/$sender"; }

for unlink_timeout in 2 60; do
	echo $unlink_timeout >/sys/module/vhci_hcd/parameters/unlink_timeout
	echo go >&3
	attached
	half_sent "unlink_timeout $unlink_timeout"
done
start_sim good --attach int:speed=high
check "the next device enumerates" wait_for 20 usable "$(sim_port)"
check "and works" exercise "$(sim_port)"
