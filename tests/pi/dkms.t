#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# "make install" and "make uninstall" on Debian for arm64, as on a Pi, whose CPU qemu-user is. TAP.
# Called by tests/check soak through prove: ten minutes.
# Needs root, binfmt_misc, and a Debian whose archive has arm64.
set -eu

here=$(dirname "$(readlink -f "$0")")
[ "${1-}" = inside ] || exec "$here/../vm/foreign" arm64 "$0" inside
"$here/../vm/need" git
# shellcheck source=../vm/test-lib.sh
. "$here/../vm/test-lib.sh"
logs dkms
scratch

debian() { layer "$("$here/../vm/root" -a arm64)"; }
found() { machine modinfo -k "$kernel" -n "$1" | grep -E "$2"; } # MODULE PATTERN
ours() { # for that kernel and that machine
	for module in usbip-ext-core vhci-hcd usbip-host; do
		found "$module" /updates/dkms/ &&
			machine modinfo -k "$kernel" -F vermagic "$module" | grep "^$kernel .* aarch64" || return 1
	done
}
nothing_left() {
	! find "$tmp/root/lib/modules" "$tmp/root/var/lib/dkms" "$tmp/root/usr/src" \
		-name '*usbip-ext*' | grep .
}

echo 1..5
check "Debian for arm64" debian
kernel=$(basename "$tmp/root"/lib/modules/*)
"$here/../vm/tree" "$tmp/root/root/usbip-ext"
check "make install builds the modules there" machine make -C /root/usbip-ext install KERNEL="$kernel"
check "modprobe finds ours" ours
check "make uninstall" machine make -C /root/usbip-ext uninstall KERNEL="$kernel"
check "no file is left behind" nothing_left
# shellcheck disable=SC2154 # test-lib's
exit $failed
