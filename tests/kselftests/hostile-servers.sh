#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Nothing that a server sends costs more than its own device: the cases of hostile/client.cases.
# timeout 1200
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../hostile/client.sh
. "$tests/hostile/client.sh"

hostile_table "$tests/hostile/client.cases"
