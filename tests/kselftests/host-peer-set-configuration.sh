#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A client's SET_CONFIGURATION and SET_INTERFACE are known to the server's kernel.
. "$(dirname "$0")/../lib.sh"

alternate() { equals "$(attribute "$busid:1.1" bAlternateSetting | tr -d ' ')" "$1"; }
available() { wait_for 10 status_is "$busid" 1; }

plan 13
modprobe usb_f_ecm || skip "no usb_f_ecm, a function with alternate settings"
export_gadget ecm
check "alternate setting 0 at first" alternate 0
start_peer client "$busid" "
	submit a ep=0 setup=010b010001000000
	expect a
	getdesc
	expect-close 30000"
check "the client sets interface 1 to 1" wait_for 10 grep '^device ' "$tmp/client.log"
check "the server shows setting 1" alternate 1
kill "$peer_pid"
check "available" available

check "an alternate setting that is not there is EPIPE" peer "$busid" "
	submit a ep=0 setup=010b090001000000
	expect a status=-32"
check "available" available
check "a configuration that is not there is EPIPE" peer "$busid" "
	submit a ep=0 setup=0009090000000000
	expect a status=-32"
check "available" available

start_peer client "$busid" "
	submit a ep=0 setup=0009000000000000
	expect a
	getdesc
	expect-close 30000"
check "the client unsets the configuration" wait_for 10 grep '^device ' "$tmp/client.log"
check "the server shows none" equals "$(attribute "$busid" bConfigurationValue)" ""
kill "$peer_pid"
check "available" available
check "for the next client there is one" equals "$(attribute "$busid" bConfigurationValue)" 1
check "who can set it" peer "$busid" enumerate
