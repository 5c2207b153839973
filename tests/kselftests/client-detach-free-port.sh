#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Detaching a port that has no device answers EINVAL, with one line in the kernel log.
. "$(dirname "$0")/../lib.sh"

plan 4
load_client nports=8 || die "vhci-hcd does not load"

for port in 0 15; do
	log_mark
	check "detach of free port $port answers EINVAL" \
		answers "errno EINVAL" "$vhci/detach" $port
	check "and the log names it" one_line "port $port$"
done
