#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The drivers' decoder and state machines under libFuzzer: kept inputs, then new ones; TAP.
# Called by tests/check through prove, and by "make fuzz" with a longer FUZZ.
# Needs Debian's archive in the machine's apt; installs what is missing. No VM.
#
# FUZZ=SECONDS of CPU time (60) go into new inputs. What crashes is kept, and shown with
# the command that replays it; once understood it goes into corpus/TARGET/ under a name.
# New inputs worth keeping: TARGET -set_cover_merge=1 -use_counters=0 NEW corpus/TARGET FOUND
set -eu

cd "$(dirname "$(readlink -f "$0")")"
../vm/need clang libclang-rt-14-dev make linux-libc-dev libc6-dev

seconds=${FUZZ:-60}
keep=${XDG_CACHE_HOME:-$HOME/.cache}/usbip-ext/fuzz
out=$keep/build
mkdir -p "$keep"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export UBSAN_OPTIONS=print_stacktrace=1

# Out of 16, by what there is to find.
share() {
	case $1 in
	client | server) echo $((seconds * 7 / 16)) ;;
	*) echo $((seconds / 16 + 1)) ;;
	esac
}

# run TARGET: its corpus, and then new inputs from it.
run() {
	mkdir "$tmp/$1"
	rc=0
	"$out/$1" -runs=0 -artifact_prefix="$keep/$1-" "corpus/$1" >"$tmp/$1.kept" 2>&1 || rc=$?
	echo $rc >"$tmp/$1.kept.rc"
	rc=0
	"$out/$1" -max_len=512 -max_total_time="$(share "$1")" -print_final_stats=1 -timeout=20 \
		-artifact_prefix="$keep/$1-" "$tmp/$1" "corpus/$1" >"$tmp/$1.new" 2>&1 || rc=$?
	echo $rc >"$tmp/$1.new.rc"
}

n=0 failed=0
result() { # LOG WHAT TARGET
	n=$((n + 1))
	if [ "$(cat "$1.rc")" -eq 0 ]; then
		echo "ok $n - $2"
		return
	fi
	failed=1
	echo "not ok $n - $2"
	grep -m 1 -E 'CHECK FAILED|runtime error|ERROR: ' "$1" | sed 's/^/# /'
	grep -E '^ +#[0-9]+ ' "$1" |
		grep -vE 'fuzzer::|sanitizer|libc|nptl/|stdlib/|sysdeps/|shim_fail' |
		head -n 12 | sed 's/^/# /'
	file=$(sed -n 's/.*Test unit written to //p' "$1" | head -n 1)
	# One of the kept files leaves no copy: the last one named is it.
	[ -n "$file" ] || file=$(sed -n 's/^Running: //p' "$1" | tail -n 1)
	echo "# reproducer: $file"
	echo "# replay: make -C $PWD OUT=$out && FUZZ_VERBOSE=1 $out/$3 $file"
}

echo 1..9
rc=0
make -s -j2 OUT="$out" >"$tmp/make" 2>&1 || rc=$?
n=1
if [ $rc -eq 0 ]; then
	echo "ok 1 - the drivers' sources build in user space"
else
	echo "not ok 1 - the drivers' sources build in user space"
	sed 's/^/# /' "$tmp/make"
	exit 1
fi

# Both cores: the two that have most to do at once.
(run client) &
client=$!
(run server) &
server=$!
wait "$client"
wait "$server"
(run wire) &
wire=$!
run rules
wait "$wire"

for target in wire rules client server; do
	log=$tmp/$target
	kept=$(find "corpus/$target" -type f | wc -l)
	result "$log.kept" "$target: nothing is wrong with any of the kept inputs" "$target"
	result "$log.new" "$target: nor with any new one" "$target"
	executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log.new")
	coverage=$(sed -n 's/.* cov: \([0-9]*\) ft: \([0-9]*\) .*/\1 edges, \2 features/p' "$log.new" |
		tail -n 1)
	echo "# $target: $kept kept; $(share "$target") s, ${executions:-?} executions, $coverage"
done
exit $failed
