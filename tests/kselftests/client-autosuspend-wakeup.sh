#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A device that would have to wake the host, which the protocol cannot, never suspends.
. "$(dirname "$0")/../lib.sh"

events() { # its file in /dev
	for file in "/sys/bus/usb/devices/$busid/$busid":1.0/*/input/input*/event*; do
		[ -c "/dev/input/${file##*/}" ] && echo "/dev/input/${file##*/}"
	done
}

plan 2
modprobe -a usbhid hid_generic evdev || skip "no usbhid, hid-generic, evdev on this kernel"
load_client nports=8 || die "vhci-hcd does not load"
# Slow: it is idle in between.
start_sim sim --attach int:speed=full,mouse=1,tick=300
wait_for 20 port_is "$(sim_port)" 6 || die "the mouse does not enumerate"
busid=$(port_busid "$(sim_port)")
wait_for 20 events || die "no input device"
power=/sys/bus/usb/devices/$busid/power
echo 0 >"$power/autosuspend_delay_ms"
echo auto >"$power/control"
check "with nobody reading it suspends" wait_for 10 grep -x suspended "$power/runtime_status"
exec 3<"$(events)"
check "who reads gets every event" timeout 20 head -c 480 <&3
exec 3<&-
