#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The modules that "make install" built where Secure Boot is on: refused until the key of dkms is
# enrolled, as docs/install.md says it is done, then at work. TAP.
# Called by tests/check through prove.
# Needs to be root, overlayfs, what tests/vm/root and run need, and Debian's archive in the machine's apt.
set -eu

# All mounts are in a namespace of our own and go with it.
[ "${1-}" = inside ] || exec unshare -m "$0" inside

# shellcheck source=test-lib.sh
. "$(dirname "$(readlink -f "$0")")/test-lib.sh"

scratch

prepare signed
"$here/need" ovmf
kernel=$(basename "$root"/lib/modules/*)
password=once-only

layer "$root"
online
"$here/tree" "$tmp/root/root/usbip-ext"
cp "$here/signed.guest" "$tmp/root/root/guest"

# What a machine with UEFI has, and docs/install.md tells a person to add.
packages() {
	machine apt-get -q update &&
		machine apt-get install -q -y --no-install-recommends \
			shim-signed grub-efi-amd64-signed openssl mokutil
}

# Its firmware, with Microsoft's keys, and the partition that it boots from.
firmware="-global driver=cfi.pflash01,property=secure,value=on
	-drive if=pflash,unit=0,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.secboot.fd
	-drive if=pflash,unit=1,format=raw,file=$tmp/vars.fd
	-drive if=none,id=esp,format=raw,readonly=on,file=fat:$tmp/esp -device virtio-blk-pci,drive=esp"
cp /usr/share/OVMF/OVMF_VARS_4M.ms.fd "$tmp/vars.fd"
esp() {
	mkdir -p "$tmp/esp/EFI/BOOT" "$tmp/esp/EFI/debian" &&
		cp "$tmp/root/usr/lib/shim/shimx64.efi.signed" "$tmp/esp/EFI/BOOT/BOOTX64.EFI" &&
		cp "$tmp/root/usr/lib/shim/mmx64.efi.signed" "$tmp/esp/EFI/BOOT/mmx64.efi" &&
		cp "$tmp/root/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed" "$tmp/esp/EFI/BOOT/grubx64.efi"
}

signed() { # CN
	for module in usbip-ext-core vhci-hcd usbip-host; do
		machine modinfo -k "$kernel" -F signer "$module" | grep -x "$1" || return 1
	done
}
# shellcheck disable=SC2086 # $firmware is words
secure_boot() { # KERNELARGS ARG...: by shim, GRUB and the kernel that Debian signed
	append=$1
	shift
	"$here/run" -n "$1" -l "$log" -t 120 -c 1 -s "$log/tree" -a "$append" -e "$tmp/esp" \
		"$tmp/root" /root/guest "$@" -- $firmware
}
enforcing() {
	"$here/run" -n enforcing -l "$log" -t 120 -c 1 -s "$log/tree" -a module.sig_enforce=1 "$tmp/root" /root/guest refused
}
# shellcheck disable=SC2086
enrol() { "$here/mokmanager" "$password" $firmware; }

echo 1..7
check "the packages that Secure Boot takes" packages
check "make install" machine make -C /root/usbip-ext install KERNEL="$kernel"
check "dkms has signed the modules" signed "DKMS module signing key"
check "without Secure Boot, module.sig_enforce=1: they are refused" enforcing
esp
check "Secure Boot: they are refused; mokutil takes the key" secure_boot "" refused "$password"
check "MokManager enrols the key" enrol
check "they load and work, also with module.sig_enforce=1; what nobody has signed is refused" \
	secure_boot module.sig_enforce=1 enrolled
rm -rf "$log/tree"
exit $failed
