#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A server that lies about isochronous packets ends its connection, or is borne where it does not matter.
# timeout 600
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../hostile/client.sh
. "$tests/hostile/client.sh"

hostile_table "$tests/hostile/client.cases" packets
