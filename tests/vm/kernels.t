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
echo 1..2
check "the oldest" "$here/../matrix" -q bullseye
check "the newest" "$here/../matrix" -q trixie-backports
exit $failed
