#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# "make install" and "make uninstall" as a person types them, and the kernel after each. TAP.
# Called by tests/check through prove.
# Needs to be root, overlayfs, and what tests/vm/root and run need.
set -eu

# All mounts are in a namespace of our own and go with it.
[ "${1-}" = inside ] || exec unshare -m "$0" inside

# shellcheck source=test-lib.sh
. "$(dirname "$(readlink -f "$0")")/test-lib.sh"

top=$(git -C "$here" rev-parse --show-toplevel)
tmp=$(mktemp -d)
# The machine's /dev is in it.
trap 'umount -R "$tmp/root" "$tmp/mem"; rm -rf --one-file-system "$tmp"' EXIT

prepare install
kernel=$(basename "$root"/lib/modules/*)

# A machine to install on: the root with a layer to write to, and this tree in it.
mkdir "$tmp/mem" "$tmp/root"
mount -t tmpfs mem "$tmp/mem"
mkdir "$tmp/mem/files" "$tmp/mem/work"
mount -t overlay -o "lowerdir=$root,upperdir=$tmp/mem/files,workdir=$tmp/mem/work" overlay "$tmp/root"
mount --bind /dev "$tmp/root/dev"
mount -t proc proc "$tmp/root/proc"
mkdir "$tmp/root/root/usbip-ext"
git -C "$top" ls-files -zco --exclude-standard |
	tar -C "$top" --null --files-from=- --ignore-failed-read \
		--warning=no-failed-read -c | tar -C "$tmp/root/root/usbip-ext" -x
# What the guests run; dkms must not find the tree of the harness.
cat >"$tmp/root/root/guest" <<'END'
#!/bin/sh
set -eu
modprobe vhci-hcd ${1:+nports=$1}
modprobe usbip-host
modinfo -n vhci-hcd
cat /sys/devices/platform/vhci_hcd.0/nports
/usbip-ext/tests/sim/usbip-sim --attach serial >/tmp/sim.log &
for _ in $(seq 100); do
	[ ! -c /dev/ttyACM0 ] || break
	modprobe cdc_acm
	sleep 0.1
done
[ -c /dev/ttyACM0 ]
usbip port | grep "Port in Use"
rmmod vhci-hcd usbip-host
END
chmod +x "$tmp/root/root/guest"

machine() { # COMMAND...
	chroot "$tmp/root" env -i HOME=/root LANG=C.UTF-8 \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}
boot() { # NAME [NPORTS]
	name=$1
	shift
	"$here/run" -n "$name" -l "$log" -t 120 -s "$log/tree" "$tmp/root" /root/guest "$@"
}

files_left() { ! find "$tmp/root/lib/modules" "$tmp/root/var/lib/dkms" "$tmp/root/usr/src" \
	-name '*usbip-ext*' | grep . && ! find "$tmp/root/usr/local" -name '*usbip*' | grep .; }
commands_there() (
	machine usbip-export --help && machine usbip-pi-check --help && machine usbip-fleet --help &&
		cd "$tmp/root/usr/local" && ls lib/systemd/system/usbipd.service \
			lib/systemd/system/usbip-fleet.service lib/udev/rules.d/71-usbip-fleet.rules \
			share/bash-completion/completions/usbip-fleet share/man/man8/usbip-export.8 \
			share/man/man8/usbip-fleet.8 share/man/man5/fleet.conf.5
)
found() { machine modinfo -k "$kernel" -n vhci-hcd | grep -E "$1"; }

echo 1..10
check "the kernel's own module is found before" found /kernel/drivers/usb/usbip/
check "make install" machine make -C /root/usbip-ext install KERNEL="$kernel"
check "modprobe finds ours" found /updates/
check "commands, units and man pages are there" commands_there
check "a second make install is refused" sh -c '! "$@"' - \
	machine make -C /root/usbip-ext install KERNEL="$kernel"
check "ours works: 64 ports of each kind" boot installed 64
check "make uninstall" machine make -C /root/usbip-ext uninstall KERNEL="$kernel"
check "the kernel's own module is found again" found /kernel/drivers/usb/usbip/
check "no file is left behind" files_left
check "the kernel's own works again" boot uninstalled
rm -rf "$log/tree"
exit $failed
