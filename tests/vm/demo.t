#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# "make demo" as a person types it. TAP.
# Called by tests/check through prove.
# Needs what scripts/demo/demo needs.
set -eu

# shellcheck source=test-lib.sh
. "$(dirname "$(readlink -f "$0")")/test-lib.sh"

# shellcheck disable=SC2154 # test-lib's
log=${XDG_CACHE_HOME:-$HOME/.cache}/usbip-ext/log/demo.t
mkdir -p "$log"
echo 1..1
check "make demo" make -C "$here/../.." demo
exit $failed
