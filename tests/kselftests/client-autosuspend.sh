#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Attached devices suspend when they are idle, and wake for a transfer; so do the root hubs.
# timeout 120
. "$(dirname "$0")/../lib.sh"

power() { echo "/sys/bus/usb/devices/$1/power"; } # DEVICE
runtime_is() { equals "$(cat "$(power "$1")/runtime_status")" "$2"; } # DEVICE STATUS
idle_suspends() { # DEVICE
	echo 0 >"$(power "$1")/autosuspend_delay_ms" && echo auto >"$(power "$1")/control" &&
		wait_for 10 runtime_is "$1" suspended
}
root_hub() { echo "usb${1%%-*}"; } # DEVICE
exercise_all() { for n in $all; do exercise "$(sim_port "$n")" || return 1; done; }

all="1 2 3"
plan 17
load_client nports=8 || die "vhci-hcd does not load"
start_sim sim --attach int:speed=full int:speed=high int:speed=super
for n in $all; do
	wait_for 20 usable "$(sim_port "$n")" || die "device $n does not enumerate"
done
for n in $all; do
	dev=$(port_busid "$(sim_port "$n")")
	speed=$(attribute "$dev" speed)
	check "$speed: it suspends" idle_suspends "$dev"
	check "$speed: it wakes, and the data are right" exercise "$(sim_port "$n")"
	check "$speed: it suspends again" wait_for 10 runtime_is "$dev" suspended
done
check "the USB2 root hub suspends" idle_suspends "$(root_hub "$(port_busid "$(sim_port 1)")")"
check "the USB3 root hub suspends" idle_suspends "$(root_hub "$dev")"
check "all wake, and the data are right" exercise_all
check "a suspended device can be detached" detached "$(sim_port 1)"
check "the USB2 root hub has suspended again" wait_for 10 runtime_is "$(root_hub "$(port_busid "$(sim_port 2)")")" suspended
start_sim new --attach 0 int:speed=low
check "a new device wakes it" wait_for 20 usable 0
check "and works" exercise 0
check "it can stay suspended when the driver goes" rmmod vhci-hcd
