#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# "make demo" as a person types it. TAP.
# Called by tests/check through prove.
# Needs what scripts/demo/demo needs.
set -eu

# shellcheck source=test-lib.sh
. "$(dirname "$(readlink -f "$0")")/test-lib.sh"

logs demo.t
echo 1..1
check "make demo" make -C "$here/../.." demo
exit $failed
