#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The oldest and the newest kernel of tests/matrix.rows: built for, booted, a few kselftests. TAP.
# Called by tests/check through prove.
# Needs what tests/matrix needs.
set -eu

# shellcheck source=test-lib.sh
. "$(dirname "$(readlink -f "$0")")/test-lib.sh"

log=${XDG_CACHE_HOME:-$HOME/.cache}/usbip-ext/log/kernels
mkdir -p "$log"

ended_well() { # what it said comes when it failed
	cat "$1"
	return "$ended"
}

# row WHAT ROW: one result; the archive may have gone on to a kernel that dkms.conf does not take yet.
row() {
	ended=0
	"$here/../matrix" -q "$2" >"$log/table.$2" 2>&1 </dev/null || ended=$?
	if [ $ended -eq 5 ]; then
		n=$((n + 1))
		echo "ok $n - $1 # skip $(grep "^| $2 " "$log/table.$2")"
	else
		check "$1" ended_well "$log/table.$2"
	fi
}

echo 1..2
row "the oldest" bullseye
row "the newest" trixie-backports
exit $failed
