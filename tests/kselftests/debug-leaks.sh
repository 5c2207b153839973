#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# After 20 rounds of attach, transfers and detach at both ends, all counts are as before.
# Needs a kernel with kmemleak; run_tests.sh runs it in a VM.
# timeout 400
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../hammer/debug.sh"

plan 8
debug_kernel
rounds=${1:-20}
load_host autobind=0525:a4a0 || die "usbip-host does not load"
load_client nports=2 || die "vhci-hcd does not load"
load_dummy 1
gadget_zero zero high-speed
plugged zero dummy_udc.0
wait_for 20 exported "$busid" || die "$busid is not exported"
start_usbipd
start_sim server -p 3300 int:speed=high
server=$sim_pid

# Both ports: one's peer is the simulator, the other's the gadget, exported.
both_used() { ports_in_state 2 6; }
all_free() { ports_in_state 4 4 && status_is "$busid" 1; }
round() {
	usbip attach -r 127.0.0.1 -b "$busid" || return 1
	usbip --tcp-port 3300 attach -r 127.0.0.1 -b 1-1 || return 1
	wait_for 60 both_used || return 1
	for port in $(used_ports); do
		there=$(port_busid "$port")
		case $(attribute "$there" idVendor) in
		0525)
			wait_for 20 interface_driven_by "$there" usbtest || return 1
			"$tests/testusb" -D "$(node_of "$there")" -t 10 -c 2 -g 8 || return 1
			"$tests/testusb" -D "$(node_of "$there")" -t 6 -c 1 -s 8192 -g 8 || return 1
			;;
		*) "$tests/usbfs" "$(node_of "$there")" echo 0x01 0x81 8 5 || return 1 ;;
		esac
	done
	for port in $(used_ports); do
		detach "$port" || return 1
	done
	wait_for 60 all_free
}
some_rounds() {
	for n in $(seq "$1"); do
		round >"$tmp/round" 2>&1 || { echo "round $n:"; cat "$tmp/round"; return 1; }
	done
}

# What can be counted exactly. Objects of slab caches are faults/rounds' concern.
counts() {
	echo "modules: $(awk '/^(vhci|usbip)_/ { print $1, $3 }' /proc/modules | sort)"
	echo "devices: $(find /sys/bus/usb/devices/ -type l | wc -l)"
	echo "threads: $(ps --ppid 2 -o comm= | awk '!/^kworker\//' | wc -l)"
	echo "processes: $(ps --ppid 2 --deselect -o comm= | awk '/usbip/' | wc -l)"
	echo "files of usbipd: $(find "/proc/$usbipd_pid/fd" -type l | wc -l)"
	echo "files of the simulator: $(find "/proc/$server/fd" -type l | wc -l)"
	echo "TCP sockets: $(awk '/^TCP:/ { print $3 }' /proc/net/sockstat)"
	echo "network namespaces: $(awk '$1 == "net_namespace" { print $2 }' /proc/slabinfo)"
}
check "five rounds to warm up" some_rounds 5
counts >"$tmp/counts"
forget_leaks
start=$(date +%s)
check "$rounds rounds" some_rounds "$rounds"
echo "# $rounds rounds in $(($(date +%s) - start)) s"
counts >"$tmp/counts.after"
check "modules, devices, threads, files, sockets as before" diff "$tmp/counts" "$tmp/counts.after"
# KASAN keeps what was freed, of a cache until that is shrunk.
echo 1 >/sys/kernel/slab/vhci_urb/shrink
check "no URB is left" equals "$(awk '$1 == "vhci_urb" { print $2 }' /proc/slabinfo)" 0
check "nothing has leaked" no_leaks
check "vhci-hcd goes" unload vhci-hcd
check "usbip-host goes" unload usbip-host
check "usbip-ext-core goes" unload usbip-ext-core
