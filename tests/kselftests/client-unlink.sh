#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Whatever the peer makes of an unlink, the transfer is given back in time and the device stays.
# timeout 120
. "$(dirname "$0")/../lib.sh"

plan 24
load_client nports=16 || die "vhci-hcd does not load"

# The peer's manner: answers, or leaves it to the timeout.
manners='none:answers unlink-slow=1000:answers unlink-double:answers unlink-both:answers
unlink-both-late:answers unlink-zero:answers unlink-wrong-seqnum:answers
positive-status:answers garbage-packets:answers echo-header:answers
unlink-silent:silent unlink-ignore:silent'
devices=
for manner in $manners; do
	devices="$devices int:speed=high,bad=${manner%:*}"
done
# shellcheck disable=SC2086 # one word each
start_sim sim --attach $devices
wait_for 20 ports_in_state 12 6 || die "not all enumerate"

# given_back BUSID answers|silent: a pending transfer is discarded; unlink_timeout ends it only when
# the peer is silent.
given_back() {
	case $2 in
	answers) timeout=60 ;;
	silent) timeout=3 ;;
	esac
	echo "$timeout" >/sys/module/vhci_hcd/parameters/unlink_timeout
	words=$("$tests/usbfs" "$(node_of "$1")" discard 0x81 8) || return 1
	ms=${words##* }
	echo "$words"
	contains "$words" 'status -(2|104) ms' || return 1
	case $2 in
	answers) [ "$ms" -lt 5000 ] ;;
	silent) [ "$ms" -ge $((timeout * 1000 - 100)) ] && [ "$ms" -lt $((timeout * 1000 + 2000)) ] ;;
	esac
}
n=0
for manner in $manners; do
	n=$((n + 1))
	port=$(sim_port $n)
	wait_for 20 usable "$port"
	check "${manner%:*}: the transfer is given back" \
		given_back "$(port_busid "$port")" "${manner#*:}"
	# A peer that goes on with the transfer lets it have the next data.
	[ "$manner" != unlink-ignore:silent ] ||
		"$tests/usbfs" "$(node_of "$(port_busid "$port")")" send 0x01 8
	check "${manner%:*}: the device still works" exercise "$port"
done
