#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A signal does not end the module's load while it waits for the USB core's list of buses: who waits
# for the same load would be told so. It does end the wait of who writes nports.
# timeout 60
. "$(dirname "$0")/../lib.sh"

plan 6
load_dummy # a bus to hold
free_to_load vhci-hcd
loaded usbip-ext-core || insert "$(ours usbip-ext-core)" || die "cannot load usbip-ext-core"
module=$(ours vhci-hcd)

gone() { [ ! -d "/proc/$1" ]; }

hold_buses
insmod "$module" nports=8 >"$tmp/first" 2>&1 &
first=$!
wait_for 20 waits_in $first 'nports' || die "the load does not wait for the buses"
insmod "$module" nports=8 >"$tmp/second" 2>&1 &
second=$!
wait_for 20 waits_in $second 'module' || die "who loads it too does not wait"
kill $first
sleep 0.5 # had the signal an effect, it would be seen by now
check "the load goes on after a signal" waits_in $first 'nports'
kill $holder
check "it ends when the buses are free" wait_for 20 gone $first
check "with the module loaded" equals "$(cat /sys/module/vhci_hcd/initstate "$nports")" "live
8"
wait $second
check "who loads it too is told so" fails grep -v 'File exists' "$tmp/second"

hold_buses
"$sim_dir/attach-raw" -t 0 -f 8 none "$nports" >"$tmp/answer" &
writer=$!
wait_for 20 waits_in $writer 'nports' || die "the writer does not wait for the buses"
kill $writer
check "a signal ends the wait of a writer" wait_for 5 gone $writer
kill $holder
wait_for 5 gone $holder
check "others write after that" set_nports 8
