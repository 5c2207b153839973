# shellcheck shell=sh disable=SC2154 # tests and tmp are of lib.sh
# SPDX-License-Identifier: GPL-2.0-only
# What tests share that only a debug kernel can run: kmemleak, FAILSLAB.
# Called (sourced, after lib.sh) by the kselftests debug-*, by host-random and by hammer.sh.
# Needs debugfs mounted.

kmemleak=/sys/kernel/debug/kmemleak
failslab=/sys/kernel/debug/failslab
failnth=$tests/hammer/failnth

debug_kernel() {
	[ -e $kmemleak ] || skip "this kernel has no kmemleak"
	[ -d $failslab ] || skip "this kernel has no FAILSLAB"
	[ -x "$failnth" ] || skip "failnth is not built"
	echo 0 >$failslab/probability
	echo 0 >$failslab/verbose
	echo N >$failslab/ignore-gfp-wait
	echo N >$failslab/cache-filter
	echo N >$failslab/task-filter
}

# forget_leaks: those so far are none of the test's.
forget_leaks() {
	echo scan >$kmemleak
	echo clear >$kmemleak
}

# no_leaks [PATTERN]: nothing older than five seconds, kmemleak's own limit, has no pointer to it,
# but for what the kernel itself is known to lose: with PATTERN in its backtrace. In two scans, as
# one may miss what is being moved.
no_leaks() {
	sleep 6
	echo scan >$kmemleak
	cat $kmemleak >"$tmp/leaks.first"
	echo scan >$kmemleak
	awk -v known="${1:-^$}" '
		function end() { if (object && !is_known && was_there) printf "%s", object }
		NR == FNR { if (/^unreferenced object/) first[$3] = 1; next }
		/^unreferenced object/ { end(); object = ""; is_known = 0; was_there = $3 in first }
		{ object = object $0 "\n" }
		$0 ~ known { is_known = 1 }
		END { end() }' "$tmp/leaks.first" $kmemleak >"$tmp/leaks"
	[ ! -s "$tmp/leaks" ] || { cat "$tmp/leaks"; return 1; }
}

# walk PATH ARGUMENT...: failnth, whose last line is shown whatever it says.
walk() {
	"$failnth" "$@" >"$tmp/walk"
	walk_rc=$?
	cat "$tmp/walk"
	sed 's/^/# /' "$tmp/walk" >>"$tmp/walks"
	return $walk_rc
}
walks() { cat "$tmp/walks"; }
