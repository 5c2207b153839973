#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usbip_client/ says who uses a device, since when, and how much; and nothing without a client.
. "$(dirname "$0")/../lib.sh"

file() { cat "/sys/bus/usb/devices/$busid/usbip_client/$1"; }
nobody() { # NAME
	! file "$1" && contains "$(file "$1" 2>&1)" 'not connected'
}
at_least() { [ "$1" -ge "$2" ] || { echo "$1 is less than $2"; return 1; }; }

plan 18
export_gadget Loopback
in=$(endpoint "$busid" in)
out=$(endpoint "$busid" out)
for name in address seconds rx_bytes tx_bytes urbs errors; do
	check "$name: no client, no answer" nobody "$name"
done

log_mark
start_peer one "$busid" "
	submit out ep=$out dir=out pattern len=8000
	submit in ep=$in dir=in len=8000
	expect out len=8000
	expect in len=8000 pattern
	submit none ep=9 dir=in len=64
	expect none status=-2
	expect-close 30000"
check "address is the client's" contains "$(file address)" '^127\.0\.0\.1:[1-9][0-9]*$'
check "the log has it, too" wait_for 10 kernel_said "usbip-host $busid: client connected: $(file address)"
# Three commands and 8000 bytes; three answers and 8000 bytes.
received() { equals "$(file rx_bytes)" $((3 * 48 + 8000)); }
sent() { equals "$(file tx_bytes)" $((3 * 48 + 8000)); }
check "rx_bytes counts what it sent" wait_for 10 received
check "tx_bytes counts what it got" wait_for 10 sent
check "urbs counts those that the device carried out" equals "$(file urbs)" 2
check "errors counts none of them" equals "$(file errors)" 0
sleep 2
check "seconds go by" at_least "$(file seconds)" 2
kill "$peer_pid"
check "nobody when it has left" wait_for 10 nobody address

start_peer two "$busid" "expect-close 30000"
check "the next one starts at 0 bytes" equals "$(file rx_bytes)" 0
check "and at 0 URBs" equals "$(file urbs)" 0
kill "$peer_pid"
check "nobody again" wait_for 10 nobody address

# What the tools of an IPv6 client hand over.
python3 - "/sys/bus/usb/devices/$busid/usbip_sockfd" >"$tmp/six" <<-'END' &
	import socket, sys, time
	server = socket.create_server(("::1", 0), family=socket.AF_INET6)
	client = socket.create_connection(server.getsockname()[:2])
	end = server.accept()[0]
	with open(sys.argv[1], "w") as file:
	    file.write(str(end.fileno()))
	end.close()
	print("[%s]:%d" % client.getsockname()[:2], flush=True)
	time.sleep(60)
	END
pids="$pids $!"
wait_for 20 grep -q . "$tmp/six" || die "no connection over IPv6"
check "an IPv6 address is in brackets" equals "$(file address)" "$(cat "$tmp/six")"
