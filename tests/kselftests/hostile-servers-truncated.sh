#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A connection that ends in the middle of an answer leaves a free port.
# timeout 600
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../hostile/client.sh
. "$tests/hostile/client.sh"

hostile_table "$tests/hostile/client.cases" truncated reset
