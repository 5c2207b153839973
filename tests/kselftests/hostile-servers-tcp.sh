#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The same faults over TCP, where answers are received in softirq.
# timeout 600
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../hostile/client.sh
. "$tests/hostile/client.sh"

hostile_table "$tests/hostile/client.cases" tcp dozing-tcp
