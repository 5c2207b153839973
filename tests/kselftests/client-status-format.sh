#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The sysfs files have the names, modes and contents of the kernel's own vhci-hcd in the same situation.
# timeout 90
. "$(dirname "$0")/../lib.sh"

# picture: the files, nports and the status of free and of used ports.
picture() {
	for file in "$vhci"/*; do
		[ ! -f "$file" ] || stat -c '%n %a %U %G' "$file"
	done | sed "s|$vhci/||" >"$tmp/$1.files"
	cat "$vhci/nports" >"$tmp/$1.nports"
	tail -n +1 "$vhci"/status* >"$tmp/$1.free"
	start_sim "$1" --attach int:speed=low int:speed=full int:speed=high int:speed=super
	wait_for 30 ports_in_state 4 6 || die "$1: $(status_lines | grep -v ' 004 ')"
	cat "$vhci/status" >"$tmp/$1.used"
	kill "$sim_pid"
	wait "$sim_pid"
	wait_for 30 ports_in_state "$(cat "$vhci/nports")" 4 || die "$1: a port is not free"
	cat "$vhci/status" >"$tmp/$1.detached"
	unload vhci-hcd || die "vhci-hcd does not unload"
}
same() { diff -u "$tmp/stock.$1" "$tmp/ours.$1"; }

plan 5
load_stock_client
nports=$(cat "$vhci/nports")
picture stock
load_client nports=$((nports / 2)) || die "vhci-hcd does not load"
picture ours

check "the files and their modes" same files
check "nports" same nports
check "free ports" same free
check "used ports: low, full, high, super" same used
check "ports that were used" same detached
