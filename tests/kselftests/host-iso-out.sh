#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Isochronous OUT packets reach a sound card from where they lie in the buffer, and each is answered.
# timeout 120
. "$(dirname "$0")/../lib.sh"

available() { wait_for 10 status_is "$busid" 1; }
on="submit on setup=010b010001000000; expect on"

# The tune of "pattern": packets of 192 bytes, every STRIDE bytes.
tune() { # PACKETS STRIDE
	python3 -c '
import sys
n, stride = map(int, sys.argv[1:])
sys.stdout.buffer.write(bytes(i % 251 for p in range(n) for i in range(p * stride, p * stride + 192)))' "$1" "$2"
}
# The card drops packets of another size. The silence pushes the tune out of QEMU's buffers.
silence="submit silence ep=1 dir=out packets=1000:192; expect silence packets=192:0"
plays() { # PACKETS STRIDE
	tune "$1" "$2" >"$tmp/tune"
	peer "$busid" "$on; submit tune ep=1 dir=out pattern packets=$1:192:$2
		expect tune len=$((192 * $1)) errors=0 packets=192:0; $silence" &&
		recorded "$tmp/tune"
}

plan 14
qemu_sound
load_host || die "usbip-host does not load"
check "bind" usbip bind -b "$busid"
check "one packet" plays 1 192
check "available" available
check "8 packets" plays 8 192
check "available" available
check "8 packets with holes between them" plays 8 200
check "available" available
check "1024 packets with holes between them" plays 1024 201
check "available" available
check "packets without data" peer "$busid" "$on
	submit empty ep=1 dir=out packets=4:0; expect empty len=0 errors=0 packets=0:0"
check "available" available
tune 9 192 >"$tmp/tune"
# Only the last in the queue: QEMU's xHCI loses what is before a cancelled one.
check "a pending URB is cancelled" peer "$busid" "$on
	submit long ep=1 dir=out packets=200:192
	sleep 20
	unlink long
	expect long unlinked
	submit tune ep=1 dir=out pattern packets=9:192
	expect tune packets=192:0
	$silence"
check "what comes after it is played" recorded "$tmp/tune"
check "available" available
