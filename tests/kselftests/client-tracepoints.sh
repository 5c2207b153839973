#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The tracepoints tell of each attach, URB and cancellation, and its end, and no kernel address.
# timeout 90
. "$(dirname "$0")/../lib.sh"

plan 9
tracing=/sys/kernel/tracing
[ -d $tracing ] || skip "this kernel has no tracing"
mountpoint -q $tracing || mount -t tracefs none $tracing || skip "no tracefs"
load_client nports=8 unlink_timeout=1 || die "vhci-hcd does not load"
echo 8192 >$tracing/buffer_size_kb
echo >$tracing/trace
echo 1 >$tracing/events/vhci_hcd/enable
start_sim sim --attach 3 int:speed=high,bad=unlink-silent
wait_for 20 usable 3 || die "it does not enumerate"
exercise 3 >"$tmp/exercise" || die "it does not work"
node=$(node_of "$(port_busid 3)")
"$tests/usbfs" "$node" discard 0x81 8 >"$tmp/discard" || die "nothing can be cancelled"
detached 3 || die "it does not detach"
echo 0 >$tracing/events/vhci_hcd/enable
grep -v '^#' $tracing/trace >"$tmp/trace"

there_are() { equals "$(grep -cE "$2" "$tmp/trace")" "$1"; } # NUMBER PATTERN
device=${node##*/}
device="dev=$((1${device} - 1000))"
check "an attach is there" there_are 1 ': vhci_connect: port=3 devid=[0-9a-f]{8} speed=3 status=0$'
check "its end as well" there_are 1 ': vhci_close: port=3 devid=[0-9a-f]{8} speed=3 status=0$'
check "50 transfers out were submitted" there_are 50 \
	": vhci_submit: port=3 seqnum=[0-9]+ $device ep=1 out interrupt length=8 status=0\$"
check "51 in" there_are 51 ": vhci_submit: port=3 seqnum=[0-9]+ $device ep=1 in interrupt length=8 status=0\$"
check "50 have got their 8 bytes" there_are 50 \
	": vhci_giveback: port=3 seqnum=[0-9]+ $device ep=1 in interrupt length=8 status=0\$"
check "one was cancelled" there_are 1 \
	": vhci_unlink: port=3 seqnum=[0-9]+ $device ep=1 in interrupt length=8 status=-[0-9]+\$"
check "which came back with nothing" there_are 1 \
	": vhci_giveback: port=3 seqnum=[0-9]+ $device ep=1 in interrupt length=0 status=-[0-9]+\$"
seqnums() { sed -n "s/.*: vhci_$1: port=3 seqnum=\([0-9]*\) .*/\1/p" "$tmp/trace" | sort; }
check "each URB that was submitted was given back" equals "$(seqnums giveback)" "$(seqnums submit)"
check "no line has an address" fails grep -iE '(0x)?ffff[0-9a-f]{12}' "$tmp/trace"
