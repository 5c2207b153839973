#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usbip-fleet as systemd and udev run it: its unit, its rules, its commands, in a VM. KTAP.
# Called by tests/check through prove.
# Needs what tests/vm/root and run need.
set -eu

# shellcheck source=test-lib.sh
. "$(dirname "$(readlink -f "$0")")/test-lib.sh"

# shellcheck disable=SC2154 # test-lib's
prepare fleet "$("$here/root" -p systemd)"
rc=0
"$here/run" -S -c 1 -t 900 -l "$log" -s "$log/tree" "$root" /usbip-ext/tests/vm/fleet.guest || rc=$?
rm -rf "$log/tree"
exit $rc
