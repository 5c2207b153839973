#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A PDU may come in two pieces, wherever it is split.
# timeout 600
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../hostile/client.sh
. "$tests/hostile/client.sh"

hostile_table "$tests/hostile/client.cases" split splits
