#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The unit tests of usbip-fleet, fleet/test_*.py: a line of TAP for each.
# Called by tests/check through prove, or by hand; takes seconds.
# Needs python3. With real drivers: kselftests/client-fleet*.sh, vm/fleet.t.
exec python3 "$(dirname "$(readlink -f "$0")")/fleet/tap.py"
