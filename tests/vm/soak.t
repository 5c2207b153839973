#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Both kinds of disk, written to and verified for ten minutes each (SOAK: seconds). TAP.
# Called by tests/check soak through prove.
# Needs what tests/vm/root and run need.
set -eu

here=$(dirname "$(readlink -f "$0")")
log=${XDG_CACHE_HOME:-$HOME/.cache}/usbip-ext/log/soak
seconds=${SOAK:-600}

rm -rf "$log"
mkdir -p "$log"
root=$("$here/root")
"$here/build" "$root" "$log/tree" >"$log/build.log" 2>&1
truncate -s 128M "$log/disk.img"

failed=0
soak() { # NUMBER TEST QEMUARG...
	number=$1 test=$2
	shift 2
	"$here/run" -n "$test" -m 2048M -t $((seconds + 200)) -l "$log" -s "$log/tree" "$root" \
		"/usbip-ext/tests/kselftests/$test.sh" "$seconds" -- \
		-drive "if=none,id=d0,file=$log/disk.img,format=raw,snapshot=on" "$@" \
		>"$log/$test.words" 2>&1 || {
		sed 's/^/# /' "$log/$test.words"
		printf 'not '
		failed=1
	}
	echo "ok $number - $test"
}

echo 1..2
soak 1 both-disk-bot -device usb-storage,bus=xhci.0,drive=d0
soak 2 both-disk-uas -device usb-ehci,id=ehci -device usb-uas,id=uas,bus=ehci.0 \
	-device scsi-hd,bus=uas.0,drive=d0
rm -rf "$log/tree" "$log/disk.img"
exit $failed
