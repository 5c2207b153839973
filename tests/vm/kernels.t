#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The oldest and the newest kernel of tests/matrix.rows: built for, booted, a few kselftests. TAP.
# Called by tests/check through prove.
# Needs what tests/matrix needs.
set -eu

# shellcheck source=test-lib.sh
. "$(dirname "$(readlink -f "$0")")/test-lib.sh"

logs kernels

ended_well() { # what it said comes when it failed
	cat "$1"
	return "$ended"
}

# row WHAT ROW [ENDS...]: one result, skipped when matrix ends so.
row() {
	what=$1 name=$2
	shift 2
	ended=0
	"$here/../matrix" -q "$name" >"$log/table.$name" 2>&1 </dev/null || ended=$?
	for end; do
		if [ "$ended" -eq "$end" ]; then
			n=$((n + 1))
			echo "ok $n - $what # skip $(grep "^| $name " "$log/table.$name")"
			return
		fi
	done
	check "$what" ended_well "$log/table.$name"
}

echo 1..2
# The archive may have dropped the one, and have gone on to what dkms.conf does not take yet of the other.
row "the oldest" bullseye 4
row "the newest" trixie-backports 4 5
exit $failed
