#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A value of nports that cannot be is refused while the module works, with one line that names it.
# timeout 120
. "$(dirname "$0")/../lib.sh"

plan 31
load_client nports=8 || die "vhci-hcd does not load"
# 15 more for every two bus numbers that are free; 63 exist.
pairs=$(((63 - $(find /sys/bus/usb/devices -name 'usb*' | wc -l)) / 2))
limit=$((8 + pairs * 15))
before=$(status_lines)
for value in 0 -1 abc 8x '' '8 8' 4294967297 1000000000000000 100000 $((limit + 1)); do
	log_mark
	check "nports=$value is refused" answers "errno EINVAL" "$nports" "$value\n"
	check "one line says the value and the limit" one_line "nports=$value: .*1 to $limit,"
	check "nothing has changed" equals "$(cat "$nports") $(status_lines)" "8 $before"
done
check "what there is already is taken" set_nports 8
