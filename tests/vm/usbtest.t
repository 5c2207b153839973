#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usbtest where both.t does not take it: on one CPU, and from one VM to another. TAP.
# Called by tests/check through prove.
# Needs what tests/vm/root and run need.
set -eu

# shellcheck source=test-lib.sh
. "$(dirname "$(readlink -f "$0")")/test-lib.sh"

prepare usbtest
echo 1..2
check "on one CPU" "$here/run" -n one -c 1 -t 200 -l "$log" -s "$log/tree" "$root" \
	/usbip-ext/tests/run_tests.sh 'both-usbtest*'
check "from VM to VM" "$here/pair" -t 200 -l "$log" -s "$log/tree" "$root" \
	/usbip-ext/tests/pair/usbtest-server.sh /usbip-ext/tests/pair/usbtest-client.sh
rm -rf "$log/tree"
exit $failed
