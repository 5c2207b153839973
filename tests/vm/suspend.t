#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The workstation sleeps, then the Pi: devices are there afterwards and work, or are cleanly gone. TAP.
# Called by tests/check through prove.
# Needs what pair needs.
set -eu

# shellcheck source=test-lib.sh
. "$(dirname "$(readlink -f "$0")")/test-lib.sh"

prepare suspend
head -c 4M /dev/urandom >"$log/disk.img"
sha256sum <"$log/disk.img" >"$log/tree/sum"

# QEMU's xHCI loses power in a sleep, its EHCI does not.
disk=if=none,format=raw,snapshot=on,file=$log/disk.img
{
	rc=0
	"$here/pair" -s "$log/tree" -l "$log" -t 200 "$root" \
		/usbip-ext/tests/vm/suspend.guest /usbip-ext/tests/vm/suspend.guest -- \
		-drive "$disk,id=lost" -device usb-storage,bus=xhci.0,drive=lost \
		-device usb-ehci,id=ehci -drive "$disk,id=kept" -device usb-storage,bus=ehci.0,drive=kept || rc=$?
	echo $rc >"$log/rc"
} | sed -u 's/^workstation| //'
rm -rf "$log/tree" "$log/disk.img"
exit "$(cat "$log/rc")"
