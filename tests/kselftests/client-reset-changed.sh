#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A device that is another one after a reset is enumerated again, on the same port.
. "$(dirname "$0")/../lib.sh"

product() { equals "$(attribute "$(port_busid "$port")" idProduct)" "$1"; }

plan 7
load_client nports=8 || die "vhci-hcd does not load"
start_sim sim --attach int:speed=high,pid=1111,reset-pid=2222
port=$(sim_port)
wait_for 20 usable "$port" || die "the device does not enumerate"
check "one product at first" product 1111
there=$(port_busid "$port")
devnum=$(attribute "$there" devnum)
words=$("$tests/usbfs" "$(node_of "$there")" reset 2>&1)
check "the client's reset is told that it has gone" equals "$words" "reset: No such device"
check "another product comes" wait_for 20 product 2222
check "as a new device" fails equals "$(attribute "$there" devnum)" "$devnum"
check "on the same port" wait_for 20 usable "$port"
check "which works" exercise "$port"
check "no other port is in use" ports_in_state 15 4
