#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A halted endpoint answers EPIPE until the client clears the halt.
. "$(dirname "$0")/../lib.sh"

plan 2
export_gadget
in=$(endpoint "$busid" in)
address=$(printf %02x $((in | 0x80)))
check "halt and clear halt" peer "$busid" "
	submit before ep=$in dir=in len=512
	expect before len=512 fill=0
	submit halt ep=0 setup=02030000${address}000000
	expect halt
	submit halted ep=$in dir=in len=512
	expect halted status=-32 len=0
	submit clear ep=0 setup=02010000${address}000000
	expect clear
	submit after ep=$in dir=in len=512
	expect after len=512 fill=0"
check "clearing an endpoint that is not there is EPIPE" wait_for 10 peer "$busid" "
	submit clear ep=0 setup=020100000f000000
	expect clear status=-32
	getdesc"
