# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What the tests that boot no VM share: TAP.
# Called (sourced) by export.t, pi-check.t, deb.t and embedded.t.
# Needs $tmp, a folder, in $n the tests so far, and in $rc an exit code to show.
# shellcheck disable=SC2154 # they are theirs

# try COMMAND...: sets $rc, and $tmp/words, for the tests that follow.
try() {
	rc=0
	"$@" >"$tmp/words" 2>&1 </dev/null || rc=$?
}
succeeded() { [ "$rc" -eq 0 ]; }

# ok WHAT COMMAND...: one test; $rc and $tmp/words are of what was run before.
ok() {
	what=$1
	shift
	n=$((n + 1))
	if ! "$@"; then
		echo "# exit $rc; false: $*"
		sed 's/^/# /' "$tmp/words"
		printf 'not '
	fi
	printf 'ok %s - %s\n' "$n" "$(printf %s "$what" | tr '\n' ' ')"
}
