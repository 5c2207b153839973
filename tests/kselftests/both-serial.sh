#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# 1 MiB each way, at the same time, through a serial port of a gadget.
. "$(dirname "$0")/../lib.sh"

# cross A B: what is written to each end comes out of the other.
cross() (
	exec 3<"$1" 5<"$2" || exit 1
	exec 4>/proc/self/fd/3 6>/proc/self/fd/5 || exit 1
	stty -F "$1" raw -echo && stty -F "$2" raw -echo || exit 1
	timeout 30 head -c 1M <&3 >"$tmp/b.back" &
	timeout 30 head -c 1M <&5 >"$tmp/a.back" &
	timeout 30 cat "$tmp/a" >&4 &
	timeout 30 cat "$tmp/b" >&6 &
	wait
	cmp "$tmp/a" "$tmp/a.back" && cmp "$tmp/b" "$tmp/b.back"
)

plan 2
modprobe -a usb_f_acm cdc_acm || skip "no usb_f_acm on this kernel"
load_client nports=8 || die "vhci-hcd does not load"
export_gadget acm
imported "$busid"
check "its port appears" wait_for 20 tty_of "$there"
head -c 1M /dev/urandom >"$tmp/a"
head -c 1M /dev/urandom >"$tmp/b"
check "1 MiB each way" cross "$(tty_of "$there")" "/dev/ttyGS$(cat "$configfs/one/functions/acm.0/port_num")"
