# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What a script in a test VM may want: which modules modprobe takes, a device, and marks between VMs.
# Called (sourced as /usbip-ext/tests/vm/guest-lib.sh) by scripts that tests/vm/run or pair start.
# Needs /usbip-ext made by tests/vm/build; mark and await need /out only.

guest_modules=/lib/modules/$(uname -r)

# use_ours: modprobe takes this project's modules from now on. The index comes
# ready-made from build, for depmod takes more than a minute in here.
use_ours() {
	modprobe -r vhci-hcd usbip-host
	mountpoint -q "$guest_modules" || mount -t overlay ours "$guest_modules" \
		-o "lowerdir=/usbip-ext$guest_modules:$guest_modules"
}

# use_stock: modprobe takes the kernel's own modules again.
use_stock() {
	modprobe -r vhci-hcd usbip-host
	! mountpoint -q "$guest_modules" || umount "$guest_modules"
}

# serial_port_attached: a simulated one is there, by the modules that are loaded.
serial_port_attached() {
	/usbip-ext/tests/sim/usbip-sim --attach serial >/tmp/sim.log &
	for _ in $(seq 100); do
		[ ! -c /dev/ttyACM0 ] || break
		modprobe cdc_acm
		sleep 0.1
	done
	[ -c /dev/ttyACM0 ] && usbip port | grep 'Port in Use'
}

# within SECONDS COMMAND...: waits until the command succeeds.
within() {
	guest_end=$(($(date +%s) + $1))
	shift
	until "$@"; do
		[ "$(date +%s)" -lt "$guest_end" ] || { echo "FAILED: not in time: $*"; return 1; }
		sleep 0.1
	done
}

# mark NAME: tells the other VM that NAME is reached.
mark() {
	: >"/out/mark.$1"
}

# await NAME SECONDS: waits for the other VM's mark.
await() {
	guest_end=$(($(date +%s) + $2))
	until [ -e "/out/mark.$1" ]; do
		if [ "$(date +%s)" -ge "$guest_end" ]; then
			echo "await: no mark $1 within $2 s" >&2
			return 1
		fi
		sleep 0.2
	done
}

# in_memory SCRIPT PROGRAM...: goes on as SCRIPT in a root that holds no more than busybox, those
# programs, this file and /tmp's files, and ends the VM as init does. For who sends the system to sleep,
# which 9p does not survive.
in_memory() {
	guest_ram=/tmp/memory
	mkdir -p $guest_ram/proc $guest_ram/sys $guest_ram/dev $guest_ram/run $guest_ram/tmp $guest_ram/var
	ln -s /run $guest_ram/var/run
	find /tmp -maxdepth 1 -type f -exec cp {} $guest_ram \;
	cp "$1" $guest_ram/script
	cp /usbip-ext/tests/vm/guest-lib.sh $guest_ram
	shift
	for guest_program; do
		# shellcheck disable=SC2046 # libraries, words
		cp -L --parents -t $guest_ram "$guest_program" \
			$(/lib64/ld-linux-x86-64.so.2 --list "$guest_program" | grep -o '/[^ ]*')
	done
	cp --parents /bin/busybox $guest_ram
	chroot $guest_ram /bin/busybox --install -s /bin
	for guest_fs in proc sys dev; do
		mount --rbind /$guest_fs $guest_ram/$guest_fs
	done
	# shellcheck disable=SC2016 # for the shell in there
	exec chroot $guest_ram /bin/sh -c 'PATH=/bin:/usr/sbin
		rc=0
		/script || rc=$?
		echo "token $(sed "s/.*nonce=\([^ ]*\).*/\1/" /proc/cmdline) $rc" >/dev/ttyS1
		stty -F /dev/ttyS1 sane # see init
		reboot -f'
}
