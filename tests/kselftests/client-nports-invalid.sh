#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A value of nports that cannot be is refused at load, with one line that says the limit.
# timeout 120
. "$(dirname "$0")/../lib.sh"

plan 20
load_client nports=8 || die "vhci-hcd does not load"
unload vhci-hcd

# The limit is 15 for every two bus numbers that are free; 63 exist.
pairs=$(((63 - $(find /sys/bus/usb/devices -name 'usb*' | wc -l)) / 2))
limit=$((pairs * 15))
for value in 0 -1 abc 8x '' 4294967297 1000000000000000 100000 $((limit + 1)); do
	log_mark
	check "nports=$value is refused" fails load_client "nports=$value"
	check "one line says the value and the limit" one_line "nports=$value: .*1 to $limit,"
done
check "nothing stays loaded" fails loaded vhci-hcd
check "no device stays" fails test -e "$vhci"
