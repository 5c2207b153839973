#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every isochronous packet keeps its place, length and status, in URBs of 1 to 128 packets of different lengths.
. "$(dirname "$0")/../lib.sh"

# Every third packet is done by half and every fifth fails, in each direction.
plan 12
load_client nports=8 || die "vhci-hcd does not load"
start_sim sim --attach iso:speed=full,packet=1023,iso-short=3,iso-error=5 \
	iso:speed=high,packet=1024,interval=1,iso-short=3,iso-error=5
wait_for 20 ports_in_state 2 6 || die "not all enumerate"

packets() { # DEVICE SIZE SPEED
	node=$(node_of "$(port_busid "$(sim_port "$1")")")
	for n in 1 8 128; do
		check "$3, IN, $n in an URB" "$tests/usbfs" "$node" count 0x81 1 "$2" 256 $n 3 5
		check "$3, OUT, $n in an URB" "$tests/usbfs" "$node" count 0x01 1 "$2" 256 $n 3 5
	done
}
packets 1 1023 "full speed"
packets 2 1024 "high speed"
