#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Whatever a server answers to an unlink, the transfer is given back and the device stays.
# timeout 600
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../hostile/client.sh
. "$tests/hostile/client.sh"

hostile_table "$tests/hostile/client.cases" unlink
