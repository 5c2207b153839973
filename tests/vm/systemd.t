#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The units, the udev rules and docs/server.md in a VM with systemd and udev; first our driver, then
# the kernel's own. TAP.
# Called by tests/check through prove.
# Needs what tests/vm/root and run need.
set -eu

# shellcheck source=test-lib.sh
. "$(dirname "$(readlink -f "$0")")/test-lib.sh"

# shellcheck disable=SC2154 # test-lib's
prepare systemd "$("$here/root" -p systemd)"
mkdir "$log/out"
head -c 1M /dev/urandom >"$log/disk.img"
sha256sum <"$log/disk.img" >"$log/out/disk.sum"

boot() { # DRIVERS
	"$here/run" -S -c 1 -n "$1" -t 900 -l "$log" -s "$log/tree" "$root" \
		/usbip-ext/tests/vm/systemd.guest "$1" -- \
		-drive "if=none,id=disk,file=$log/disk.img,format=raw,snapshot=on" \
		-device usb-storage,bus=xhci.0,drive=disk \
		-chardev null,id=line -device usb-serial,bus=xhci.0,chardev=line,always-plugged=on,serial=BOOT
}

echo 1..2
check "with our usbip-host" boot ours
check "with the kernel's own usbip-host" boot stock
rm -rf "$log/tree" "$log/disk.img"
exit $failed
