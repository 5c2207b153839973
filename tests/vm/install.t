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

scratch

prepare install
kernel=$(basename "$root"/lib/modules/*)

layer "$root"
"$here/tree" "$tmp/root/root/usbip-ext"
# What the guests run; dkms must not find the tree of the harness.
cat >"$tmp/root/root/guest" <<'END'
#!/bin/sh
set -eu
modprobe vhci-hcd ${1:+nports=$1}
modprobe usbip-host
modinfo -n vhci-hcd
cat /sys/devices/platform/vhci_hcd.0/nports
. /usbip-ext/tests/vm/guest-lib.sh
serial_port_attached
rmmod vhci-hcd usbip-host
END
chmod +x "$tmp/root/root/guest"
# For who is root already, and boots that kernel later.
printf '%s\n' '#!/bin/sh' 'exec "$@"' >"$tmp/root/usr/local/bin/sudo"
chmod +x "$tmp/root/usr/local/bin/sudo"
pretend_running "$kernel"

boot() { # NAME [NPORTS]
	name=$1
	shift
	"$here/run" -n "$name" -l "$log" -c 1 -t 120 -s "$log/tree" "$tmp/root" /root/guest "$@"
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

# A make install that was interrupted while dkms was at work.
interrupted() {
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$here/../../dkms.conf")
	machine /root/usbip-ext/scripts/install-files modules "/usr/src/usbip-ext-$version"
	machine dkms add "usbip-ext/$version" >"$log/interrupted" 2>&1
}

# For who has no dkms. Debian's headers have no System.map, without which the kernel leaves depmod out.
modules_install() {
	machine make -C /root/usbip-ext modules_install KDIR="/lib/modules/$kernel/build" "$@" &&
		machine depmod "$kernel"
}
in_a_folder() {
	machine ls /staged/lib/modules/"$kernel"/updates/core/usbip-ext-core.ko \
		/staged/lib/modules/"$kernel"/updates/vhci-ext/vhci-hcd.ko \
		/staged/lib/modules/"$kernel"/updates/usbip-host-ext/usbip-host.ko
}

refused() { # KERNEL WHY
	! machine make -C /root/usbip-ext install KERNEL="$1" >"$log/refused" 2>&1 &&
		cat "$log/refused" && grep -F "$2" "$log/refused"
}

echo 1..20
check "the kernel's own module is found before" found /kernel/drivers/usb/usbip/
pretend_kernel 7.4.0-new
check "a kernel out of the range is refused" refused 7.4.0-new \
	"no modules for kernel 7.4.0-new, whose own stay in use: it is not one of"
pretend_kernel 6.1.0-builtin CONFIG_USBIP_HOST=y
echo kernel/drivers/usb/usbip/usbip-host.ko >"$tmp/root/lib/modules/6.1.0-builtin/modules.builtin"
check "so is one with its own built in" refused 6.1.0-builtin \
	"kernel 6.1.0-builtin has its own usbip-host built in, beside which no other can be loaded"
rm -r "$tmp/root/lib/modules/7.4.0-new" "$tmp/root/lib/modules/6.1.0-builtin"
check "neither leaves a file behind" files_left
check "make install, as README.md has it" machine sh -euc "cd /root/usbip-ext; $("$here/../document" install)"
check "modprobe finds ours" found /updates/
check "commands, units and man pages are there" commands_there
check "a second make install is refused" sh -c '! "$@"' - \
	machine make -C /root/usbip-ext install KERNEL="$kernel"
check "ours works: 64 ports of each kind" boot installed 64
check "make uninstall" machine make -C /root/usbip-ext uninstall KERNEL="$kernel"
check "the kernel's own module is found again" found /kernel/drivers/usb/usbip/
check "no file is left behind" files_left
check "the kernel's own works again" boot uninstalled
interrupted
check "make uninstall after half a make install" machine make -C /root/usbip-ext uninstall KERNEL="$kernel"
check "no file is left behind" files_left
check "make modules" machine make -C /root/usbip-ext modules KDIR="/lib/modules/$kernel/build"
check "make modules_install INSTALL_MOD_PATH=…" modules_install INSTALL_MOD_PATH=/staged
check "the modules are below it, in updates/" in_a_folder
check "make modules_install" modules_install
check "modprobe finds ours" found "/$kernel/updates/vhci-ext/"
rm -rf "$log/tree"
exit $failed
