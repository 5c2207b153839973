#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# An URB that the device cannot have is answered with an error, and the connection goes on.
. "$(dirname "$0")/../lib.sh"

goes_on() { # WHAT SCRIPT
	check "$1" wait_for 10 peer "$busid" "$2; getdesc"
}

plan 13
export_gadget
in=$(endpoint "$busid" in)
goes_on "IN from an endpoint that is not there" "
	submit a ep=13 dir=in len=64
	expect a status=-2 len=0"
goes_on "OUT to an endpoint that is not there: its data are no header" "
	submit a ep=13 dir=out pattern len=5000
	expect a status=-2 len=0"
goes_on "OUT to an IN endpoint's number, when there is no such OUT endpoint" "
	submit a ep=14 dir=out pattern len=64
	expect a status=-2 len=0"
goes_on "a setup packet that promises less than the buffer" "
	submit a setup=8006000100001200 len=64
	expect a status=-53 len=0"
goes_on "a setup packet that promises more than the buffer" "
	submit a setup=8006000100004000 len=18
	expect a status=-53 len=0"
goes_on "an IN setup packet with OUT data" "
	submit a dir=out setup=8006000100001200 len=18 pattern
	expect a status=-53 len=0"
goes_on "an OUT setup packet with room for IN data" "
	submit a dir=in setup=405b000000001000 len=16
	expect a status=-53 len=0"
goes_on "a length beyond any bound" "
	header direction=1 ep=$in length=0x7fffffff tag=a
	expect a status=-90 len=0"
goes_on "flags that mean something to the kernel alone, on an IN transfer" "
	submit a setup=8006000100001200 flags=0xffffffff
	expect a len=18"
goes_on "the same on an OUT transfer" "
	submit a dir=out setup=405b000000001000 len=16 flags=0xfffffffe
	expect a len=16"
goes_on "the same on a bulk transfer, with an interval and packets it has not" "
	header flags=0xffffffff direction=1 ep=$in length=512 interval=77 packets=5 tag=a
	expect a len=512"
goes_on "SET_CONFIGURATION with data is something else in disguise" "
	submit a dir=out setup=0009010000000400 len=4
	expect a status=-32 len=0"
goes_on "SET_ADDRESS changes nothing" "
	submit a setup=0005070000000000
	expect a status=any"
