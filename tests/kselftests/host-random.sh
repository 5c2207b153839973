#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Random clients, RANDOM_PDUS commands from RANDOM_SEED: the server neither hangs nor leaks.
# timeout 1200
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../hammer/debug.sh"

[ -x "$sim_dir/usbip-peer" ] || skip "usbip-peer is not built"
pdus=50000
! slow_kernel || pdus=10000
pdus=${RANDOM_PDUS:-$pdus}
seed=${RANDOM_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}

# half N: clients of all devices at once, each with a seed of its own.
half() {
	half_failed=0 half_pids=
	half_seed=$((seed + $1 * 100))
	# shellcheck disable=SC2086 # words
	set -- $devices
	for dev; do
		"$sim_dir/usbip-peer" --tcp --sockfd "$dev" --random $half_seed \
			$((pdus / 2 / $#)) >"$tmp/random.$dev" 2>&1 &
		half_pids="$half_pids $!"
		half_seed=$((half_seed + 1))
	done
	for pid in $half_pids; do
		wait "$pid" || half_failed=1
	done
	for dev; do
		cat "$tmp/random.$dev"
	done | tee -a "$tmp/said"
	return $half_failed
}
# Slab memory that cannot be reclaimed, in KiB, once what RCU holds is free.
slab() {
	sleep 2
	awk '/^SUnreclaim:/ { print $2 }' /proc/meminfo
}
# Where there is no kmemleak the slab memory has to do. Gadgets of earlier tests have lost descriptors,
# and f_ecm, of host-peer-set-configuration, the UDC that it was on.
nothing_leaks() { [ ! -e $kmemleak ] || no_leaks 'usb_assign_descriptors|usb_add_gadget'; }
grew_less() { # THAN FROM TO
	[ $(($3 - $2)) -lt "$1" ] || { echo "from $2 to $3 KiB"; return 1; }
}

load_dummy 3
load_host autobind=1d6b:0104,46f4:0002 || die "usbip-host does not load"
devices=
export_on() { # FUNCTION UDC
	gadget "$1" 1d6b 0104 "$1" "$1" 2 # any data
	plugged "$1" "$2"
	wait_for 20 exported "$busid" || die "$busid is not exported"
	devices="$devices $busid"
}
export_on Loopback dummy_udc.0
loop=$busid
export_on SourceSink dummy_udc.1
export_on hid dummy_udc.2
modprobe xhci_pci
wait_for 20 present 46f4:0002 || skip "no QEMU usb-audio here"
iso=$(busids 46f4:0002)
wait_for 20 exported "$iso" || die "$iso is not exported"
devices="$devices $iso"

plan 8
echo "# RANDOM_SEED=$seed RANDOM_PDUS=$pdus"
[ ! -e $kmemleak ] || forget_leaks
check "the first half is borne" half 1
grep '^#' "$tmp/said"
first=$(slab)
check "the second half is borne" half 2
grep '^#' "$tmp/said" | tail -n 8
second=$(slab)
echo "# slab: $first KiB, then $second KiB"
check "slab memory has not grown in the second half" grew_less 2048 "$first" "$second"
check "nothing leaks" nothing_leaks
in=$(endpoint "$loop" in)
out=$(endpoint "$loop" out)
check "bulk works" peer "$loop" "
	getdesc
	submit out ep=$out dir=out pattern len=5000
	submit in ep=$in dir=in len=8192
	expect out len=5000
	expect in len=5000 pattern"
check "sound works" peer "$iso" "
	getdesc
	submit on setup=010b010001000000
	expect on
	submit a ep=1 dir=out packets=10:192
	expect a packets=192:0"
check "bulk is available" wait_for 10 status_is "$loop" 1
check "sound is available" wait_for 10 status_is "$iso" 1
