#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Isochronous packets arrive whole and in order.
. "$(dirname "$0")/../lib.sh"

plan 4
load_client nports=8 || die "vhci-hcd does not load"
start_sim sim --attach iso:speed=full iso:speed=high iso:speed=super iso:speed=high,iso-short=3
wait_for 20 ports_in_state 4 6 || die "not all enumerate"

node() { node_of "$(port_busid "$(sim_port "$1")")"; }
check "full speed" "$tests/usbfs" "$(node 1)" count 0x81 1 512 320
check "high speed" "$tests/usbfs" "$(node 2)" count 0x81 1 512 320
check "SuperSpeed" "$tests/usbfs" "$(node 3)" count 0x81 1 512 320
check "packets that are not full stay in their places" "$tests/usbfs" "$(node 4)" count 0x81 1 512 320 8 3
