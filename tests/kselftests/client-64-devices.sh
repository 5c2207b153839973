#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# 64 devices of mixed kinds and speeds work at the same time, without a kernel thread for any; a
# quarter of them in a kernel with KASAN.
# timeout 240
. "$(dirname "$0")/../lib.sh"

plan 8
load_client nports=64 || die "vhci-hcd does not load"
load_device_drivers

# Drivers of the devices have threads of their own, three a disk; USB/IP may not.
our_threads() { ps --ppid 2 -o comm= | awk '!/^(kworker\/|usb-storage|scsi_(eh|tmf)_)/' | sort; }
our_threads >"$tmp/before"
no_new_threads() { our_threads | diff "$tmp/before" -; }
serial=8 bulk=6 int=3 # of each speed; as many disks as serial ports
! slow_kernel || serial=2 bulk=1 int=1
disks=$((2 * serial)) all=$((5 * serial + 2 * bulk + 4 * int))
start_sim sim --attach \
	serial:speed=full,count=$serial serial:speed=high,count=$serial serial:speed=super,count=$serial \
	storage:speed=high,count=$serial,size=1 storage:speed=super,count=$serial,size=1 \
	bulk:speed=high,count=$bulk bulk:speed=super,count=$bulk \
	int:speed=low,count=$int int:speed=full,count=$int int:speed=high,count=$int \
	int:speed=super,count=$int

renice -n -10 -p "$sim_pid" >"$tmp/renice" # it stands for other machines, which do not wait for this one
check "as many ports as devices are used" wait_for 60 ports_in_state $all 6
check "the others are free" ports_in_state $((128 - all)) 4
ports=$(used_ports)
# Drivers and files of all of them
count_is() { equals $(($# - 1)) "$1"; }
all_usable() {
	in_sysfs='/sys/devices/platform/vhci_hcd.*/usb*/*-*/*:1.0'
	# shellcheck disable=SC2086 # they are patterns
	count_is $all $in_sysfs && count_is $((3 * serial)) $in_sysfs/tty/tty* &&
		count_is $disks $in_sysfs/host*/target*/*/block/sd* &&
		count_is $((2 * bulk)) /sys/bus/usb/drivers/usbtest/*:1.0
}
check "all have their drivers" wait_for 60 all_usable
check "no kernel thread is new" no_new_threads

jobs=
for port in $ports; do
	exercise "$port" >"$tmp/exercise.$port" 2>&1 &
	jobs="$jobs $port:$!"
done
all_worked() {
	failed=0
	for job in $jobs; do
		wait "${job#*:}" || { cat "$tmp/exercise.${job%:*}"; failed=1; }
	done
	return $failed
}
check "all work at the same time" all_worked
check "no kernel thread is new with I/O" no_new_threads

detach_all() {
	for port in $ports; do
		detach "$port" || return 1
	done
}
check "all can be detached" detach_all
check "all ports are free" wait_for 30 ports_in_state 128 4
