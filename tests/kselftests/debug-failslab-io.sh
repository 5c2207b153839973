#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# While a share of the allocations fails, each transfer ends, and afterwards all is as before.
# Needs a kernel with FAILSLAB and kmemleak; run_tests.sh runs it in a VM.
# timeout 150
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../hammer/debug.sh"

plan 10
debug_kernel
load_host || die "usbip-host does not load"
load_client nports=4 || die "vhci-hcd does not load"
usbtest_imported high-speed
forget_leaks

# transfers COUNT: bulk, both ways; how many worked, how many failed. Each must end.
transfers() {
	worked=0 failed=0
	node=$(node_of "$there")
	for length in $(seq "$1"); do
		timeout 60 "$tests/testusb" -D "$node" -t $((1 + length % 2)) -c 1 \
			-s $((length * 2560)) >"$tmp/transfer" 2>&1
		case $? in
		0) worked=$((worked + 1)) ;;
		124) echo "a transfer hangs"; return 1 ;;
		*) failed=$((failed + 1)) ;;
		esac
	done
	echo "# $worked transfers worked, $failed failed: $what" | tee -a "$tmp/walks"
}
all_work() { transfers "$1" && [ $failed -eq 0 ]; }
some_work() { transfers "$1" && [ $worked -gt 0 ]; }

what="all memory there"
check "every transfer works" all_work 10
calm() {
	echo 0 >$failslab/probability
	echo N >$failslab/ignore-gfp-wait
}

# Allocations that may not wait, of whoever it is: the server's for each URB, the socket's, the
# client's from softirq, and the host controller's, whose lack the client's URB is told. Those that
# may wait, debug-failslab-client and -host fail one by one.
for percent in 2 10; do
	what="$percent % of atomic allocations fail"
	echo Y >$failslab/ignore-gfp-wait
	echo -1 >$failslab/times
	echo $percent >$failslab/probability
	check "$what: transfers end, and some work" some_work 20
	calm
	lost=$failed
	what="after that"
	check "every transfer works after that" all_work 4
done
check "with $percent % some failed" [ "$lost" -gt 0 ]

what="after all"
check "the device has its driver" interface_driven_by "$there" usbtest
check "every transfer works after all" all_work 10
usbip detach -p "$(used_ports)"
wait_for 60 ports_in_state 8 4 || die "the ports are not free"
check "the server has it back" wait_for 60 status_is "$busid" 1
check "nothing has leaked" no_leaks
walks
