#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A host controller that takes no scatter lists gets large transfers in pieces, and nothing in between.
# timeout 150
. "$(dirname "$0")/../lib.sh"

nosg=$tests/nosg/nosg.ko

[ -e "$nosg" ] || skip "nosg.ko is not built"
plan 23
trap 'unload nosg; finish' EXIT
load_dummy 2 is_super_speed=1
insmod "$nosg" || die "nosg does not load"
load_host || die "usbip-host does not load"
load_client nports=8 || die "vhci-hcd does not load"
usbtest_imported high-speed 1
zero=$busid
usbtest_on imported "$there"
usbtest_case 5 "OUT, 2.5 MiB" -c 5 -s 65536 -g 40
usbtest_case 6 "IN, 2.5 MiB" -c 5 -s 65536 -g 40
usbtest_case 7 "OUT, 33 pieces of up to 64 KiB" -c 10 -s 65536 -v 1024 -g 33
usbtest_case 8 "IN, 33 pieces of up to 64 KiB" -c 10 -s 65536 -v 1024 -g 33
usbtest_case 24 "unlink from a queue of 100 KiB each" -c 20 -s 102400 -g 8
check "it can be detached" usbip detach -p "$(used_ports)"
check "and is available" wait_for 10 status_is "$zero" 1

bulk_comes_back dummy_udc.1 32768 32769 65536 1048577 3000001 4194304
check "it can be detached" usbip detach -p "$(used_ports)"
check "and is available" wait_for 10 status_is "$busid" 1

in=$(endpoint "$busid" in)
out=$(endpoint "$busid" out)
check "what comes behind a large transfer waits for it" peer "$busid" "
	submit in1 ep=$in dir=in len=70000
	submit in2 ep=$in dir=in len=500
	submit out1 ep=$out dir=out fill=1 len=70000
	submit out2 ep=$out dir=out fill=2 len=500
	expect in1 len=70000 fill=1
	expect in2 len=500 fill=2"
check "available" wait_for 10 status_is "$busid" 1
check "a short piece ends a transfer, and the next one is carried out" peer "$busid" "
	submit in1 ep=$in dir=in len=1000000
	submit in2 ep=$in dir=in len=200000
	submit out1 ep=$out dir=out fill=1 len=40000
	submit out2 ep=$out dir=out fill=2 len=300
	expect in1 len=40000 fill=1
	expect in2 len=300 fill=2"
check "available" wait_for 10 status_is "$busid" 1
check "what waits can be cancelled, and what it waits for" peer "$busid" "
	submit in1 ep=$in dir=in len=100000
	submit in2 ep=$in dir=in len=100000
	submit in3 ep=$in dir=in len=100000
	unlink in2
	expect in2 unlinked
	unlink in1
	expect in1 unlinked
	submit out ep=$out dir=out fill=3 len=70000
	expect in3 len=70000 fill=3"
check "available" wait_for 10 status_is "$busid" 1
check "a client may go while some wait" peer "$busid" "
	submit in1 ep=$in dir=in len=100000
	submit in2 ep=$in dir=in len=100000
	submit in3 ep=$in dir=in len=500"
check "available" wait_for 10 status_is "$busid" 1
