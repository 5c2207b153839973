#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# "make install" and "make uninstall" on Debian for arm64, as on a Pi, whose CPU qemu-user is. TAP.
# Called by tests/check soak through prove: ten minutes.
# Needs root, binfmt_misc, and a Debian whose archive has arm64.
set -eu

here=$(dirname "$(readlink -f "$0")")
if [ "${1-}" != inside ]; then
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT # not inside, where the machine's /dev is in it
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	unshare -m "$0" inside "$tmp"
	exit
fi
tmp=$2
"$here/../vm/need" mmdebstrap debian-archive-keyring arch-test qemu-user-static git

# ELF for that machine is for the program, which is opened here and now: F.
mkdir "$tmp/binfmt" "$tmp/root"
mount -t binfmt_misc binfmt_misc "$tmp/binfmt"
if [ ! -e "$tmp/binfmt/qemu-aarch64" ]; then
	trap 'echo -1 >"$tmp/binfmt/usbip-ext-arm64"' EXIT
	printf '%s' ':usbip-ext-arm64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:F' \
		>"$tmp/binfmt/register"
fi

# shellcheck source=../vm/test-lib.sh
. "$here/../vm/test-lib.sh"
logs dkms

# As tests/vm/root names archives.
# shellcheck disable=SC2016 # the $() are apt's
sources=$(apt-get indextargets 'Created-By: Packages' \
	--format '$(CODENAME) $(SITE) $(RELEASE) $(COMPONENT)' | awk '
	$4 == "main" && $1 ~ "^bookworm(-updates|-security)?$" {
		print "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] " $2 " " $3 " main" }')
apt-config dump --format '%F "%v";%n' Acquire >"$tmp/fetch"
debian() {
	echo "$sources" | INITRD=No mmdebstrap --mode=root --variant=apt --arch=arm64 \
		--aptopt="$tmp/fetch" --dpkgopt=force-unsafe-io \
		--include=dkms,linux-image-arm64,linux-headers-arm64,make bookworm "$tmp/root" -
}
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
enter
"$here/../vm/tree" "$tmp/root/root/usbip-ext"
check "make install builds the modules there" machine make -C /root/usbip-ext install KERNEL="$kernel"
check "modprobe finds ours" ours
check "make uninstall" machine make -C /root/usbip-ext uninstall KERNEL="$kernel"
check "no file is left behind" nothing_left
# shellcheck disable=SC2154 # test-lib's
exit $failed
