#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usbtest from one VM to another; both.t has it in one. TAP.
# Called by tests/check through prove.
# Needs what tests/vm/root and run need.
set -eu

# shellcheck source=test-lib.sh
. "$(dirname "$(readlink -f "$0")")/test-lib.sh"

prepare usbtest
echo 1..1
check "usbtest from VM to VM" "$here/pair" -t 200 -l "$log" -s "$log/tree" "$root" \
	/usbip-ext/tests/pair/usbtest-server.sh /usbip-ext/tests/pair/usbtest-client.sh
rm -rf "$log/tree"
exit $failed
