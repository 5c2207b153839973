#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The server's sysfs files have the names, modes, content and error codes of the stock driver's.
. "$(dirname "$0")/../lib.sh"

# What a script can see of the files; the busid is the same in both runs.
files() { # DIRECTORY PATTERN
	find "$1" -maxdepth 1 -type f -name "$2" -printf '%f %m %u %g\n' | sort
}
describe() {
	dev=/sys/bus/usb/devices/$busid
	echo "driver: $(files "$host" '*' | tr '\n' ,)"
	echo "device: $(files "$dev" 'usbip_*' | tr '\n' ,)"
	echo "match_busid: $(od -An -c "$host/match_busid" | tr -s ' ')"
	for name in usbip_status usbip_debug; do
		echo "$name: $(od -An -c "$dev/$name" | tr -s ' ')"
	done
	echo "usbip_sockfd is not read: $(cat "$dev/usbip_sockfd" 2>&1)"
	echo "rebind is not read: $(cat "$host/rebind" 2>&1)"

	for text in lamp -1 777; do
		echo "usbip_sockfd $text: $(write_to "$dev/usbip_sockfd" "$text")"
	done
	for type in file dgram seqpacket; do
		echo "usbip_sockfd of $type: $(write_to "$dev/usbip_sockfd" %d "$type")"
	done
	for text in "sub 98-1" "add" "98-1" "del 98-1"; do
		echo "match_busid $text: $(write_to "$host/match_busid" "$text")"
	done
	echo "rebind of nothing: $(write_to "$host/rebind" 98-1)"

	"$sim_dir/usbip-peer" --tcp --sockfd "$busid" -e "expect-close 30000" >"$tmp/peer.log" 2>&1 &
	peer_pid=$!
	pids="$pids $peer_pid"
	wait_for 10 status_is "$busid" 2 && echo "usbip_status with a client: 2"
	# Stock answers EINVAL to a second client, ours EBUSY: see host-sockfd-invalid.
	echo "usbip_sockfd -1 with a client: $(write_to "$dev/usbip_sockfd" -1)"
	wait "$peer_pid"
	wait_for 10 status_is "$busid" 1 && echo "usbip_status after it: 1"
}

plan 3
load_dummy
gadget one 1d6b 0104 A1
plugged one dummy_udc.0

[ -n "$(stock usbip-host)" ] || skip "no stock usbip-host on this kernel"
load_stock_host || die "the stock usbip-host does not load"
check "stock: usbip bind succeeds" usbip bind -b "$busid"
describe >"$tmp/stock"
unload usbip-host usbip-core || die "the stock usbip-host cannot be removed"

load_host || die "usbip-host does not load"
check "ours: usbip bind succeeds" usbip bind -b "$busid"
describe >"$tmp/ours"
check "both describe themselves alike" diff "$tmp/stock" "$tmp/ours"
