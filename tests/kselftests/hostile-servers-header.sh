#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A server whose answers have wrong commands, numbers or status ends its connection, or is borne.
# timeout 600
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../hostile/client.sh
. "$tests/hostile/client.sh"

hostile_table "$tests/hostile/client.cases" header
