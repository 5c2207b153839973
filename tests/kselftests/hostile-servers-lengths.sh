#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A server that lies about how much data there is ends its connection; memory beyond it is not touched.
# timeout 600
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../hostile/client.sh
. "$tests/hostile/client.sh"

hostile_table "$tests/hostile/client.cases" lengths
