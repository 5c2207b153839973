#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A client's control transfers of 0 to 64 KiB go to the device; what is too much for it is its to refuse.
. "$(dirname "$0")/../lib.sh"

plan 1
export_gadget # which keeps up to 4096 bytes of request 5b for request 5c
rows=
for size in 1 63 64 65 511 4095 4096; do
	wire=$(printf '%02x%02x' $((size % 256)) $((size / 256)))
	rows="$rows
	submit out$size ep=0 dir=out setup=405b00000000$wire len=$size pattern
	expect out$size len=$size
	submit in$size ep=0 dir=in setup=c05c00000000$wire len=$size
	expect in$size len=$size pattern"
done
check "all of them" peer "$busid" "$rows
	submit none ep=0 setup=0001010000000000
	expect none
	submit much ep=0 dir=out setup=405b00000000ffff len=65535 pattern
	expect much status=-32
	submit room ep=0 dir=in setup=800600010000ffff len=65535
	expect room len=18
	getdesc"
