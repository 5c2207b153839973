#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The driver can be removed under a client with URBs in flight; the client sees the connection end.
. "$(dirname "$0")/../lib.sh"

# The answer to getdesc comes when the URBs before it are with the device.
script() { # ENDPOINT
	for n in 1 2 3 4 5 6 7 8; do
		echo "submit in$n ep=$1 dir=in len=4096"
	done
	echo "getdesc; expect-close 30000"
}
in_flight() { grep -q '^device ' "$1"; }

plan 8
export_gadget Loopback
start_peer client "$busid" "$(script "$(endpoint "$busid" in)")"
check "URBs are in flight" wait_for 10 in_flight "$tmp/client.log"
check "the driver is removed within 10 s" timeout 10 rmmod usbip-host
check "the client sees its connection end" wait "$peer_pid"
check "the device is with its own driver" driven_by "$busid" usb

# And a client that came through usbipd.
load_host autobind=1d6b:0104 || die "usbip-host does not load again"
check "it is exported again" exported "$busid"
start_usbipd
"$sim_dir/usbip-peer" 127.0.0.1 "$busid" -e "$(script "$(endpoint "$busid" in)")" >"$tmp/tcp.log" 2>&1 &
peer_pid=$!
pids="$pids $peer_pid"
check "URBs are in flight over TCP" wait_for 10 in_flight "$tmp/tcp.log"
check "the driver is removed within 10 s" timeout 10 rmmod usbip-host
check "the client sees its connection end" wait "$peer_pid"
