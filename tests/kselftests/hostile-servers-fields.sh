#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What servers leave in fields without a meaning is not looked at.
# timeout 600
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../hostile/client.sh
. "$tests/hostile/client.sh"

hostile_table "$tests/hostile/client.cases" fields
