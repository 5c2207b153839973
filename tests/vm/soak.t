#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Both kinds of disk, written to and verified for ten minutes each, and random peers as long, in
# the debug kernel (SOAK: seconds); a hundred devices of servers that are killed, for five minutes. TAP.
# Called by tests/check soak through prove.
# Needs what tests/vm/root, scripts/debug-kernel/kernel and run need.
set -eu

# shellcheck source=test-lib.sh
. "$(dirname "$(readlink -f "$0")")/test-lib.sh"

seconds=${SOAK:-600}
prepare soak
truncate -s 128M "$log/disk.img"

soak() { # TEST QEMUARG...
	test=$1
	shift
	check "$test" "$here/run" -n "$test" -m 2048M -t $((seconds + 200)) -l "$log" \
		-s "$log/tree" "$root" "/usbip-ext/tests/kselftests/$test.sh" "$seconds" -- \
		-drive "if=none,id=d0,file=$log/disk.img,format=raw,snapshot=on" "$@"
}

echo 1..4
soak both-disk-bot -device usb-storage,bus=xhci.0,drive=d0
soak both-disk-uas -device usb-ehci,id=ehci -device usb-uas,id=uas,bus=ehci.0 \
	-device scsi-hd,bus=uas.0,drive=d0
check soak-fleet-100 "$here/run" -n soak-fleet-100 -m 2048M -t 1500 -l "$log" -s "$log/tree" \
	"$root" /usbip-ext/tests/kselftests/soak-fleet-100.sh 300
rm -rf "$log/tree" "$log/disk.img"

prepare soak-random "$("$here/../../scripts/debug-kernel/kernel")"
check "random peers" "$here/run" -n random -m 2048M -t $((seconds + 3000)) -l "$log" \
	-s "$log/tree" "$root" /usbip-ext/tests/vm/random.guest "$seconds" -- \
	-audiodev none,id=none -device usb-audio,bus=xhci.0,audiodev=none
rm -rf "$log/tree"
exit $failed
