#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Unlinking a pending URB answers ECONNRESET and nothing else; one that is done or unknown, 0.
. "$(dirname "$0")/../lib.sh"

available() { wait_for 10 status_is "$busid" 1; }

plan 7
export_gadget Loopback
in=$(endpoint "$busid" in)
out=$(endpoint "$busid" out)
check "a pending URB" peer "$busid" "
	submit pending ep=$in dir=in len=512
	getdesc
	unlink pending
	expect pending unlinked
	expect-silence 300"
check "available" available
check "its neighbours stay pending and get the data" peer "$busid" "
	submit first ep=$in dir=in len=512
	submit second ep=$in dir=in len=512
	submit third ep=$in dir=in len=512
	unlink second
	expect second unlinked
	submit out1 ep=$out dir=out fill=1 len=500
	submit out3 ep=$out dir=out fill=3 len=500
	expect first len=500 fill=1
	expect third len=500 fill=3
	expect-silence 300"
check "available" available
check "a finished URB" peer "$busid" "
	submit done setup=8006000100001200
	expect done len=18
	unlink done
	expect done unlinked status=0
	expect-silence 300"
check "available" available
check "an URB that never was" peer "$busid" "
	submit done setup=8006000100001200
	expect done len=18
	unlink done victim=12345
	expect done unlinked status=0
	getdesc"
