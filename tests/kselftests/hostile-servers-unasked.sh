#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Answers nobody asked for are swallowed, or end the connection when no answer can be meant.
# timeout 600
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../hostile/client.sh
. "$tests/hostile/client.sh"

hostile_table "$tests/hostile/client.cases" unasked dozing
