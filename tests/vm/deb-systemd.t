#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The package usbip-ext where systemd runs: what it starts, and what it leaves running; and what
# the installation says of modules that are loaded. KTAP.
# Called by tests/check through prove.
# Needs what tests/vm/root and run need.
set -eu

# shellcheck source=test-lib.sh
. "$(dirname "$(readlink -f "$0")")/test-lib.sh"

# shellcheck disable=SC2154 # test-lib's
prepare deb-systemd "$("$here/root" -p systemd)"
"$here/../../scripts/deb" -v 0.0.9 "$log/tree/debs/old" >"$log/deb" 2>&1
"$here/../../scripts/deb" "$log/tree/debs/new" >"$log/deb" 2>&1
rc=0
"$here/run" -S -c 1 -t 600 -l "$log" -s "$log/tree" "$root" /usbip-ext/tests/vm/deb-systemd.guest || rc=$?
rm -rf "$log/tree"
exit $rc
