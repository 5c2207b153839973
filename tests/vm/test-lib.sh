# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What the tests that boot VMs share: a folder for logs, the root, the built tree; and TAP.
# Called (sourced) by the *.t beside it that need these, and by kselftests.
# Needs what tests/vm/root and build need.

here=$(dirname "$(readlink -f "$0")")
n=0 failed=0

# prepare NAME [ROOT]: $log, emptied; $root, Debian's unless given; and this tree, built, in $log/tree.
prepare() {
	log=${XDG_CACHE_HOME:-$HOME/.cache}/usbip-ext/log/$1
	rm -rf "$log"
	mkdir -p "$log"
	root=${2:-$("$here/root")}
	"$here/build" "$root" "$log/tree" >"$log/build.log" 2>&1 || {
		sed 's/^/# /' "$log/build.log"
		echo "Bail out! the build failed"
		exit 1
	}
}

# check WHAT COMMAND...: one result; when it fails, the end of what was said, but for what was ok.
check() {
	what=$1
	shift
	n=$((n + 1))
	if "$@" >"$log/words.$n" 2>&1 </dev/null; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		grep -vE '^[^|]*[|#]* *ok ' "$log/words.$n" | tail -n 40 | sed 's/^/# /'
		# shellcheck disable=SC2034 # for the tests
		failed=1
	fi
}
