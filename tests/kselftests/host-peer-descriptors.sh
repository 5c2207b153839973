#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A client reads the descriptors of the real device, over TCP and over a UNIX socket.
. "$(dirname "$0")/../lib.sh"

over_unix() { "$sim_dir/usbip-peer" --sockfd "$busid" -e "$1"; }
available() { wait_for 10 status_is "$busid" 1; }

plan 9
export_gadget
check "a client enumerates over TCP" peer "$busid" enumerate
words=$(cat "$tmp/check")
check "it sees the identity" contains "$words" "^device 1d6b:0104 "
check "it sees the serial number" contains "$words" "^serial A1$"
check "it sees the interface" contains "$words" "^interface 0 alt 0 class ff/00/00 eps 2$"
check "available again" available

check "a client enumerates over a UNIX socket" over_unix enumerate
check "it sees the same" equals "$(cat "$tmp/check")" "$words"
check "available again" available

# wLength 255, the descriptor has 18 bytes.
check "a short answer has its own length" \
	peer "$busid" "submit a setup=800600010000ff00 len=255; expect a len=18"
