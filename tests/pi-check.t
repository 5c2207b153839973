#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usbip-pi-check on sample trees of each model, and its changes of config.txt; TAP.
# Called by tests/check through prove, or by hand; takes seconds.
# Needs what usbip-pi-check needs.
set -eu

command=$(dirname "$(dirname "$(readlink -f "$0")")")/scripts/usbip-pi-check
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
root=$tmp/root
n=0
# shellcheck source=tap.sh
. "$(dirname "$(readlink -f "$0")")/tap.sh"

# model NAME ARCH [DEVICE=DRIVER]...: the tree of such a machine, without a config.txt.
model() {
	rm -rf "$root"
	mkdir -p "$root/proc/device-tree" "$root/proc/sys/kernel" "$root/sys/bus/usb/devices" "$root/boot"
	printf '%s\0' "$1" >"$root/proc/device-tree/model"
	echo "$2" >"$root/proc/sys/kernel/arch"
	shift 2
	hub=0
	for pair; do
		hub=$((hub + 1))
		device=$root/sys/devices/platform/${pair%=*}
		driver=$root/sys/bus/platform/drivers/${pair#*=}
		mkdir -p "$device/usb$hub" "$driver"
		ln -sfn "$driver" "$device/driver"
		ln -s "$device/usb$hub" "$root/sys/bus/usb/devices/usb$hub"
	done
}
# holds TEXT [FOLDER]: config.txt, with \n and \r for line ends.
holds() {
	config=$root/boot/${2-firmware}/config.txt
	mkdir -p "$(dirname "$config")"
	printf %b "$1" >"$config"
	cp "$config" "$tmp/before"
}
# Raspberry Pi OS 12 as it is delivered, in short.
delivered() {
	holds '# For more options see the manual\ndtoverlay=vc4-kms-v3d\narm_64bit=1\n\n'\
'[cm4]\n# the built-in xHCI\notg_mode=1\n\n[cm5]\ndtoverlay=dwc2,dr_mode=host\n\n[all]\n'
}

# run [OPTION...]: exit code in $rc, both streams in $tmp/words.
run() { try "$command" -r "$root" "$@"; }
ends() { [ "$rc" -eq "$1" ] && { [ $# -eq 1 ] || grep -qE -e "$2" "$tmp/words"; }; } # CODE [PATTERN]
says() { grep -qE -e "$1" "$tmp/words"; }
unchanged() { cmp -s "$tmp/before" "$config"; }
has() { grep -qx -e "$1" "$config"; }
alone() { [ "$(find "$(dirname "$config")" -type f | wc -l)" -eq 1 ]; }

# --- each model as it is delivered ------------------------------------------------
while IFS='|' read -r name arch controllers code pattern; do
	# shellcheck disable=SC2086 # words
	model "$name" "$arch" $controllers
	delivered
	run
	ok "$name, $arch, ${controllers#*=}: $pattern" ends "$code" "$pattern"
done <<END
Raspberry Pi Model B Rev 2|armv6l|20980000.usb=dwc_otg|1|dwc_otg: not fit
Raspberry Pi Zero W Rev 1.1|armv6l|20980000.usb=dwc_otg|1|dwc_otg: not fit
Raspberry Pi Zero 2 W Rev 1.0|aarch64|3f980000.usb=dwc_otg|1|dwc_otg: not fit
Raspberry Pi 2 Model B Rev 1.1|armv7l|3f980000.usb=dwc_otg|1|dwc_otg: not fit
Raspberry Pi 3 Model B Rev 1.2|aarch64|3f980000.usb=dwc_otg|1|dwc_otg: not fit
Raspberry Pi 3 Model B Plus Rev 1.3|aarch64|3f980000.usb=dwc_otg|1|dwc_otg: not fit
Raspberry Pi Compute Module 3 Plus Rev 1.0|aarch64|3f980000.usb=dwc_otg|1|dwc_otg: not fit
Raspberry Pi 3 Model B Rev 1.2|aarch64|3f980000.usb=dwc2|0|dwc2: fit
Raspberry Pi 3 Model B Rev 1.2|armv7l|3f980000.usb=dwc2|0|64-bit kernel
Raspberry Pi 3 Model B Rev 1.2|aarch64||1|no USB controller
Raspberry Pi 4 Model B Rev 1.4|aarch64|0000:01:00.0=xhci_hcd|0|xhci_hcd: fit
Raspberry Pi 400 Rev 1.0|aarch64|0000:01:00.0=xhci_hcd|0|xhci_hcd: fit
Raspberry Pi Compute Module 4 Rev 1.0|aarch64|fe9c0000.xhci=xhci-hcd|0|xhci-hcd: fit
Raspberry Pi Compute Module 4 Rev 1.0|aarch64||1|otg_mode=1 is there: reboot
Raspberry Pi Compute Module 4S Rev 1.0|aarch64|fe980000.usb=dwc_otg|1|dwc_otg: not fit
Raspberry Pi 5 Model B Rev 1.0|aarch64|1f00200000.usb=xhci-hcd|0|xhci-hcd: fit
Raspberry Pi 500 Rev 1.0|aarch64|1f00200000.usb=xhci-hcd|0|xhci-hcd: fit
Raspberry Pi Compute Module 5 Rev 1.0|aarch64|1f00200000.usb=xhci-hcd|0|xhci-hcd: fit
Raspberry Pi 3 Model B Rev 1.2|aarch64|3f980000.usb=dwc2 vhci_hcd.0=vhci_hcd|0|dwc2: fit
Acme Board|aarch64|usb=dwc2|2|not a Raspberry Pi: Acme Board
END
rm -r "$root/proc/device-tree"
run
ok "a machine without a device tree: not a Raspberry Pi" ends 2 'not a Raspberry Pi'

# --- fix and revert ---------------------------------------------------------------
pi3() { model "Raspberry Pi 3 Model B Rev 1.2" aarch64 3f980000.usb=dwc_otg; }
pi3
delivered
run
ok "check changes nothing" unchanged
ok "it names the file and what it lacks" says '/boot/firmware/config.txt: lacks dtoverlay=dwc2,dr_mode=host'
run --fix
ok "--fix does it" ends 0 reboot
ok "the line is there" has dtoverlay=dwc2,dr_mode=host
ok "the old file is kept" cmp -s "$tmp/before" "$config.before-usbip-pi-check"
ok "nothing else is changed" [ "$(diff "$tmp/before" "$config" | grep -c '^<')" -eq 0 ]
run
ok "until the reboot it is not fit, and says so" ends 1 'reboot for it'
cp "$config" "$tmp/fixed"
run --fix
ok "--fix again does nothing" ends 0 'nothing to do'
ok "not a byte" cmp -s "$tmp/fixed" "$config"
run --revert
ok "--revert takes it back" ends 0 'as before'
ok "to the byte" unchanged
ok "and no file is left" alone
run --revert
ok "--revert again has nothing to do" ends 0 'nothing to take back'

pi3
delivered
eval "$("$(dirname "$(readlink -f "$0")")/document" pi-check | sed -E 's/^(sudo )?usbip-pi-check/run/')"
ok "what docs/server.md says does it" ends 0 reboot
ok "and the line is there" has dtoverlay=dwc2,dr_mode=host

pi3
delivered
run --fix
echo 'gpu_mem=16' >>"$config"
run --revert
ok "what others have changed since stays" has gpu_mem=16
ok "and is said, with the copy kept" says 'changed by others'
ok "our line is gone" [ "$(grep -c '^dtoverlay=dwc2' "$config")" -eq 1 ]

# --- what may be in a config.txt already ------------------------------------------
# holding WHAT TEXT [NUMBER]: fix and revert on a Pi 3 with that; lines with the overlay then.
holding() {
	pi3
	holds "$2"
	run --fix
	run
	ok "$1: right after --fix" ends 1 'reboot for it'
	ok "$1: in force once" [ "$(grep -c '^ *dtoverlay=dwc2' "$config")" -eq "${3:-1}" ]
	run --revert
	ok "$1: as before after --revert" unchanged
}
holding "a gadget's dwc2" 'dtoverlay=dwc2\n'
holding "dr_mode=peripheral" 'dtoverlay=dwc2,dr_mode=peripheral\n'
holding "a mode on a line of its own" 'dtoverlay=dwc2\ndtparam=dr_mode=otg\n'
holding "the other driver" 'dtoverlay=dwc-otg\n'
holding "our line, for another model" '[pi4]\ndtoverlay=dwc2,dr_mode=host\n' 2
holding "for a machine with that number" '[0x12345678]\ndtoverlay=dwc2,dr_mode=host\n' 2
holding "commented out" '#dtoverlay=dwc2,dr_mode=host\n'
holding "an empty file" ''
holding "no line end at the end" 'gpu_mem=16'
holding "line ends of DOS" 'gpu_mem=16\r\ndtoverlay=dwc2\r\n'
pi3
holds '[pi3]\ndtoverlay=dwc2,g-np-tx-fifo-size=32,dr_mode=host\n'
run --fix
ok "with other parameters it is left as it is" unchanged

# --- where it is -------------------------------------------------------------------
pi3
holds 'gpu_mem=16\n' .
run --fix
ok "the old place: /boot/config.txt" has dtoverlay=dwc2,dr_mode=host
delivered
run --fix
ok "with both the new one counts" has dtoverlay=dwc2,dr_mode=host
pi3
run
ok "neither is there: it says so" ends 2 'neither /boot/firmware/config.txt'
run --fix
ok "and --fix, too" ends 2 'neither'
model "Raspberry Pi 4 Model B Rev 1.4" aarch64 0000:01:00.0=xhci_hcd
delivered
run --fix
ok "a Pi 4 has nothing to fix" ends 0 'nothing to do'
ok "and nothing is changed" unchanged
model "Raspberry Pi Compute Module 4 Rev 1.0" aarch64
holds 'gpu_mem=16\n'
run --fix
ok "a Compute Module 4 gets its xHCI" has otg_mode=1
run --wrong
ok "a wrong option: usage" ends 2 usage
echo "1..$n"
