#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A network through an imported CDC Ethernet adapter: pings of all sizes, and a file there and back.
# timeout 60
. "$(dirname "$0")/../lib.sh"

# QEMU's usb-net: 10.0.2.2 answers pings, port 7 of 10.0.2.100 what it is sent.
there_net() { dev_name "/sys/bus/usb/devices/$there/$there":1.*/net/*; }
dev_name() { [ -e "$1" ] && echo "${1##*/}"; }
pings() {
	for size in 0 19 470 1472; do
		ping -q -c 2 -i 0.01 -s $size 10.0.2.2 | grep ' 0% packet loss' || return 1
	done
}
comes_back() {
	timeout 30 busybox nc 10.0.2.100 7 <"$tmp/a" | head -c 262144 >"$tmp/a.back"
	cmp "$tmp/a" "$tmp/a.back"
}

plan 3
qemu_net
load_host || die "usbip-host does not load"
load_client nports=8 || die "vhci-hcd does not load"
imported "$busid"
check "its interface appears" wait_for 20 there_net
ip addr add 10.0.2.15/24 dev "$(there_net)"
ip link set "$(there_net)" up
check "pings of all sizes are answered" pings
head -c 262144 /dev/urandom >"$tmp/a"
check "256 KiB there and back" comes_back
