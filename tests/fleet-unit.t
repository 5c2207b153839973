#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The unit tests of usbip-fleet, fleet/test_*.py: a line of TAP for each.
# Called by tests/check through prove, or by hand; takes seconds.
# Needs python3. With real drivers: kselftests/*fleet*.sh, vm/fleet.t and story.t.
set -eu

here=$(dirname "$(readlink -f "$0")")
"$here/vm/need" python3
exec /usr/bin/python3 "$here/fleet/tap.py"
