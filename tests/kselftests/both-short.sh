#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Short transfers, empty packets and overflow end on the imported device as on the local one.
. "$(dirname "$0")/../lib.sh"

zero_packet=0x40 short_not_ok=0x01

# Statuses and lengths of transfers with a device that sends back what it got.
transfers() { # BUSID
	in=$((0x80 + $(endpoint "$1" in)))
	out=$(endpoint "$1" out)
	timeout 10 "$tests/usbfs" "$(node_of "$1")" bulk \
		"$out" 100 0 "$in" 4096 0 \
		"$out" 100 0 "$in" 4096 $short_not_ok \
		"$out" 512 $zero_packet "$in" 4096 0 \
		"$out" 1024 $zero_packet "$in" 1024 0 "$in" 512 0 \
		"$out" 0 0 "$in" 512 0 \
		"$out" 0 0 "$in" 512 $short_not_ok \
		"$out" 512 $zero_packet "$in" 100 0 2>&1
}
# Of each in turn.
wanted='0 100 0 100 0 100 -121 100 0 512 0 512 0 1024 0 1024 0 0 0 0 0 0 0 0 -121 0 0 512 -75 100'
columns() { echo "$1" | sed 's/status \(.*\) length/\1/' | paste -sd' '; }

plan 3
load_dummy 1
load_host || die "usbip-host does not load"
load_client nports=8 || die "vhci-hcd does not load"
gadget loop 1d6b 0104 A1 Loopback
plugged loop dummy_udc.0
check "on the local device" equals "$(columns "$(transfers "$busid")")" "$wanted"
imported "$busid"
check "on the imported one" equals "$(columns "$(transfers "$there")")" "$wanted"
check "which is still there" ports_in_state 1 6
