#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs the kselftests, all or those whose names match: run_tests.sh [-s FACTOR] [PATTERN...]
# FACTOR: how much longer a test may take, on a machine or a kernel that is slow.
# Called by "make -C tests run_tests" on a live machine and by tests/vm/kselftests in a guest.
# Needs root and the programs built. Prints KTAP; exits 1 if one failed, 4 if all were skipped.
set -u

here=$(dirname "$(readlink -f "$0")")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
limit=45 # seconds a test, as kselftest has it; "# timeout N" in the test says otherwise
slower=1
[ "${1-}" != -s ] || { slower=$2; shift 2; }

selected() { # NAME PATTERN...
	name=$1
	shift
	[ $# -gt 0 ] || return 0
	for pattern; do
		# shellcheck disable=SC2254 # it is a pattern
		case $name in
		$pattern) return 0 ;;
		esac
	done
	return 1
}

# The kernel's words since the test began.
kernel_complains() { # NAME
	dmesg | sed -n "/selftest $1 begins/,\$p" >"$tmp/dmesg"
	! "$here/vm/scan-dmesg" "$tmp/dmesg" >"$tmp/complaints"
}

# Without another process for each: in a VM that would be minutes.
for test in "$here"/kselftests/*.sh; do
	name=${test##*/}
	! selected "${name%.sh}" "$@" || echo "$test"
done >"$tmp/tests"

echo "TAP version 13"
echo "1..$(wc -l <"$tmp/tests")"
n=0 pass=0 fail=0 skip=0
while read -r test; do
	n=$((n + 1))
	name=${test##*/}
	name=${name%.sh}
	own=$(sed -n 's/^# timeout \([0-9]*\)$/\1/p' "$test")
	own=$((${own:-$limit} * slower))
	echo "# selftests: usbip-ext: $name"
	echo "usbip-ext: selftest $name begins" >/dev/kmsg
	mkfifo "$tmp/fifo"
	sed -u 's/^/# /' <"$tmp/fifo" &
	timeout -k 5 $own "$test" >"$tmp/fifo" 2>&1 </dev/null
	rc=$?
	wait
	rm "$tmp/fifo"
	why=
	case $rc in
	0) ;;
	4) why='SKIP' ;;
	124 | 137) why="TIMEOUT $own seconds" ;;
	*) why="exit=$rc" ;;
	esac
	if kernel_complains "$name"; then
		sed 's/^/# /' "$tmp/complaints"
		[ "$rc" -ne 0 ] && [ "$rc" -ne 4 ] || why="the kernel complained"
		rc=126
	fi
	case $rc in
	0) pass=$((pass + 1)); echo "ok $n selftests: usbip-ext: $name" ;;
	4) skip=$((skip + 1)); echo "ok $n selftests: usbip-ext: $name # $why" ;;
	*) fail=$((fail + 1)); echo "not ok $n selftests: usbip-ext: $name # $why" ;;
	esac
done <"$tmp/tests"
echo "# Totals: pass:$pass fail:$fail xfail:0 xpass:0 skip:$skip error:0"

[ $fail -eq 0 ] || exit 1
[ $pass -gt 0 ] || exit 4
