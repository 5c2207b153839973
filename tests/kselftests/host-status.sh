#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usbip_status is 1 for an available device, 2 while a client has it, and 1 again after that.
. "$(dirname "$0")/../lib.sh"

sockfd() { echo "/sys/bus/usb/devices/$busid/usbip_sockfd"; }

plan 8
export_gadget
check "available at first" status_is "$busid" 1

start_peer leaves "$busid" "expect-close 30000"
check "in use while a client is connected" status_is "$busid" 2
kill "$peer_pid"
check "available when the client has left" wait_for 10 status_is "$busid" 1

start_peer thrown_out "$busid" "expect-close 30000"
check "in use by the next client" status_is "$busid" 2
check "-1 takes the device from its client" answers ok "$(sockfd)" -1
check "the client sees its connection end" wait "$peer_pid"
check "available again" wait_for 10 status_is "$busid" 1
check "and it works" peer "$busid" getdesc
