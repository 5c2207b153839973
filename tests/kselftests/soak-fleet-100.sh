#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usbip-fleet with 100 devices of ten servers, killed and started again at random:
# soak-fleet-100.sh [SECONDS [SEED]]
# timeout 300
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../fleet/lib.sh"

seconds=${1:-30}
seed=${2:-$(date +%N | sed 's/^0*//')}
command -v python3 >/dev/null || skip "python3 is not installed"
[ -x "$sim_dir/usbip-sim" ] || skip "usbip-sim is not built"
plan 10
load_client nports=128 || die "vhci-hcd does not load"
echo "# seed $seed, $seconds s"
mkfifo "$tmp/go"
{
	python3 "$tests/fleet/hundred.py" "$seconds" "$seed" "$sim_dir/usbip-sim" \
		"$tests/../scripts/usbip-fleet" "$fleet_root" 2>"$tmp/errors"
	echo "ended $?"
} <>"$tmp/go" >"$tmp/results" &
pids="$pids $!"
ended() { grep -q '^exit\|^ended' "$tmp/results"; }
wait_for $((seconds + 600)) ended
sed 's/^/# /' "$tmp/results" "$tmp/errors"
is() { equals "$(sed -n "s/^$1 //p" "$tmp/results")" "$2"; }
at_most() { awk -v k="$1" -v m="$2" '$1 == k && $2 <= m { ok = 1; exit } END { exit !ok }' "$tmp/results"; }
at_least() { awk -v k="$1" -v m="$2" '$1 == k && $2 >= m { ok = 1; exit } END { exit !ok }' "$tmp/results"; }
records() { set -- "$fleet_root"/run/usbip-fleet/"$1"/*; echo $#; }

check "all are attached" is attached 100
check "within 60 s" at_most seconds_to_attach $((60 * slower))
check "servers were killed" at_least kills 3
check "each has its devices again within 5 s" at_most worst_seconds_to_return $((5 * slower))
check "all are attached in the end" is attached_after 100
check "memory does not grow" at_most memory_growth_kib 2048
# An emulated CPU is twenty times slower than the one it stands for.
check "the CPU time is small, and what it was before" at_most cpu_percent_after $((30 * slower))
check "as many ports as devices are used" wait_for 10 ports_in_state 100 6
check "and as many records left, for the next daemon" equals "$(records ports) $(records names)" "100 100"
echo >"$tmp/go"
check "without servers, all ports are free" wait_for 60 ports_in_state 256 4
