#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usbtest where both.t does not take it: on one CPU, and from one VM to another. TAP.
# Called by tests/check through prove.
# Needs what tests/vm/root and run need.
set -eu

here=$(dirname "$(readlink -f "$0")")
log=${XDG_CACHE_HOME:-$HOME/.cache}/usbip-ext/log/usbtest

rm -rf "$log"
mkdir -p "$log"
root=$("$here/root")
"$here/build" "$root" "$log/tree" >"$log/build.log" 2>&1

n=0 failed=0
ok() { # WHAT COMMAND...
	what=$1
	shift
	n=$((n + 1))
	if "$@" >"$log/words.$n" 2>&1; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		grep -vE '^[^|]*[|#]* *ok ' "$log/words.$n" | sed 's/^/# /'
		failed=1
	fi
}

echo 1..2
ok "on one CPU" "$here/run" -n one -c 1 -t 200 -l "$log" -s "$log/tree" "$root" \
	/usbip-ext/tests/run_tests.sh 'both-usbtest*'
ok "from VM to VM" "$here/pair" -t 200 -l "$log" -s "$log/tree" "$root" \
	/usbip-ext/tests/pair/usbtest-server.sh /usbip-ext/tests/pair/usbtest-client.sh
rm -rf "$log/tree"
exit $failed
