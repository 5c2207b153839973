#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A device that cannot be enumerated holds its own port only, and only until it is detached.
. "$(dirname "$0")/../lib.sh"

plan 15
load_client nports=16 || die "vhci-hcd does not load"
start_sim good --attach int:speed=high
good=$(sim_port)
wait_for 20 usable "$good" || die "the good device does not enumerate"

start_sim mute --attach int:speed=high,bad=silent-after
mute=$(sim_port)
check "a silent device: its port is in use, not assigned" wait_for 5 port_is "$mute" 5
check "usbip port still works" usbip port
check "the good device still works" exercise "$good"
# Ports 30 and 31 are of the second controller.
start_sim other --attach 31 int:speed=super
check "a port of the other controller takes a device" wait_for 20 usable 31
check "the silent one is still not assigned" port_is "$mute" 5
check "it can be detached" detach "$mute"
check "its port is free" wait_for 10 port_is "$mute" 4
start_sim new --attach "$mute" int:speed=high
check "and takes the next device" wait_for 20 usable "$mute"

for bad in huge-actual unknown-command short-header oversize-actual; do
	start_sim "$bad" --attach "int:speed=high,bad=$bad"
	check "$bad: its port is free again" wait_for 20 port_is "$(sim_port)" 4
done
for port in "$good" "$mute" 31; do
	check "port $port still works" exercise "$port"
done
