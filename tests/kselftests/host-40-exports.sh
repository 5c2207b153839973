#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Forty devices are exported by "usbip bind", and forty clients use them at the same time; twelve in
# a kernel with KASAN.
# timeout 240
. "$(dirname "$0")/../lib.sh"

# Gadgets, and the keyboards of a virtual machine: nothing that is of use to somebody.
forty=40
! slow_kernel || forty=12
candidates() { { busids 1d6b:0104; busids 0627:0001; } | sed ${forty}q; }
enough() { [ "$(candidates | wc -l)" -eq $forty ]; }
same() { diff "$tmp/busids" "$1"; } # FILE
all_of() { equals "$("$1" | wc -l)" $forty; } # COMMAND

in_driver() { for dev in "$host"/*-*; do echo "${dev##*/}"; done | sort; }
in_match_busid() { tr ' ' '\n' <"$host/match_busid" | sed '/^$/d' | sort; }
in_list() {
	usbip list -r 127.0.0.1 >"$tmp/remote"
	sed -nE 's/^ *([0-9.-]+): .*\((1d6b:0104|0627:0001)\)$/\1/p' "$tmp/remote" | sort
}
in_use() {
	while read -r busid; do
		! status_is "$busid" 2 >"$tmp/no" || echo "$busid"
	done <"$tmp/busids"
}
own_driver() {
	while read -r busid; do
		! driven_by "$busid" usb >"$tmp/no" || echo "$busid"
	done <"$tmp/busids"
}
answered() { cat "$tmp"/client.*.log | grep '^device '; }
threads() { # of the kernel; workqueues come and go
	cat /proc/[0-9]*/stat | awk '$4 == 2 && $2 !~ /^.kworker/ { print $2 }' | sort
}

plan 8
modprobe xhci_pci
load_dummy $((forty - 8))
for n in $(seq 0 $((forty - 9))); do
	gadget "g$n" 1d6b 0104 "S$n"
	plug "g$n" "dummy_udc.$n"
done
wait_for 20 enough || skip "only $(candidates | wc -l) devices to export, QEMU can give more"
candidates | sort >"$tmp/busids"
load_host || die "usbip-host does not load"

while read -r busid; do
	usbip bind -b "$busid"
done <"$tmp/busids" >"$tmp/bind.log" 2>&1
in_driver >"$tmp/driver"
check "all devices are exported" same "$tmp/driver"
in_match_busid >"$tmp/match_busid"
check "match_busid lists each of them" same "$tmp/match_busid"
start_usbipd
in_list >"$tmp/list"
check "usbip list -r lists each of them" same "$tmp/list"

threads >"$tmp/threads"
# A quarter through usbipd, which looks at all devices for each; the others come as it would hand them over.
n=0
while read -r busid; do
	n=$((n + 1))
	case $n in
	*[05] | 11 | 22) set -- 127.0.0.1 "$busid" ;;
	*) set -- --tcp --sockfd "$busid" ;;
	esac
	"$sim_dir/usbip-peer" -t 60000 "$@" -e "getdesc; expect-close 900000" \
		>"$tmp/client.$busid.log" 2>&1 &
	pids="$pids $!"
done <"$tmp/busids"
check "all clients are connected" wait_for 100 all_of in_use
check "each of them has read a descriptor" wait_for 60 all_of answered
threads >"$tmp/threads.used"
check "that took no kernel thread" diff "$tmp/threads" "$tmp/threads.used"

check "the driver can be removed under them" timeout 20 rmmod usbip-host
check "each device is with its own driver" all_of own_driver
