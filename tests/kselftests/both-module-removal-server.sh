#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# When usbip-host goes while a device is attached, the client's port is free and the device has its driver back.
# timeout 90
. "$(dirname "$0")/../lib.sh"

plan 8
load_host || die "usbip-host does not load"
load_client nports=8 || die "vhci-hcd does not load"
busid=$(qemu_disk) || skip "no QEMU usb-storage here"
check "it can be bound" usbip bind -b "$busid"
start_usbipd
check "it can be attached" usbip attach -r 127.0.0.1 -b "$busid"
wait_for 20 ports_in_state 1 6 || die "no port has it"
there=$(port_busid "$(used_ports)")
check "its disk appears" wait_for 30 disk_of "$there"
while dd if="$(disk_of "$there")" of=/dev/null bs=64k count=16 iflag=direct; do
	:
done >"$tmp/reader" 2>&1 &
reader=$!
pids="$pids $reader"
wait_for 20 grep -q copied "$tmp/reader" || die "the disk is not read: $(cat "$tmp/reader")"

start=$(date +%s)
check "usbip-host can be removed" rmmod usbip-host
check "it takes less than 10 s" [ $(($(date +%s) - start)) -lt 10 ]
check "the port is free" wait_for 10 ports_in_state 16 4
check "the reader got an error" wait_for 10 fails [ -d "/proc/$reader" ]
check "the device has its driver back" wait_for 20 disk_of "$busid"
