# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What the tests of a command on sample trees share: TAP.
# Called (sourced) by export.t and pi-check.t.
# Needs $tmp, a folder, in $n the tests so far, and in $rc an exit code to show.
# shellcheck disable=SC2154 # they are theirs

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
