#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usbip_sockfd refuses what is no connected stream socket, each time with one line in the log.
. "$(dirname "$0")/../lib.sh"

refused() { # WHAT ERRNO TEXT [TYPE]
	log_mark
	check "$1 is refused" answers "errno $2" "$sockfd" "$3" "${4:-none}"
	check "$1: one line in the log" kernel_said_times 1 "usbip-host $busid: "
}

plan 26
export_gadget
sockfd=/sys/bus/usb/devices/$busid/usbip_sockfd

refused "text" EINVAL lamp
refused "an empty line" EINVAL '\n'
refused "two numbers" EINVAL "3 4"
refused "a number beyond int" EINVAL 99999999999
refused "a descriptor that is not open" EINVAL %d none
refused "another negative number" EINVAL -2
refused "a file" EINVAL %d file
refused "a datagram socket" EINVAL %d dgram
refused "a seqpacket socket" EINVAL %d seqpacket
refused "-1 when nobody is connected" EINVAL -1
check "the device is still available" status_is "$busid" 1

log_mark
start_peer client "$busid" "expect-close 30000"
wait_for 10 kernel_said "usbip-host $busid: client connected" || die "the client is not connected"
refused "a second client" EBUSY %d tcp
check "the first one keeps the device" status_is "$busid" 2
check "the first one is still connected" answers ok "$sockfd" -1
check "and sees its end only now" wait "$peer_pid"
