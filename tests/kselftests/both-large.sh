#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Bulk transfers of every size up to 4 MiB come back unharmed.
. "$(dirname "$0")/../lib.sh"

sizes="1 511 512 513 4095 4096 16385 65537 1048575 1048577 3000001 4194304"

memory=/sys/module/usbcore/parameters/usbfs_memory_mb
plan 13
load_dummy 1
load_host || die "usbip-host does not load"
load_client nports=8 || die "vhci-hcd does not load"
gadget loop 1d6b 0104 A1 Loopback
plugged loop dummy_udc.0
imported "$busid"
node=$(node_of "$there")
in=$((0x80 + $(endpoint "$there" in)))
out=$(endpoint "$there" out)
[ "$(cat $memory)" -ge 16 ] || echo 16 >$memory
for size in $sizes; do
	check "$size bytes" timeout 20 "$tests/usbfs" "$node" loop "$out" "$in" "$size"
done
check "the device is still there" ports_in_state 1 6
