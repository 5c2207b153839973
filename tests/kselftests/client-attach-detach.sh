#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A device that is attached gets a port, enumerates and works; detached, the port is free again.
. "$(dirname "$0")/../lib.sh"

plan 5
load_client || die "vhci-hcd does not load"
start_sim sim --attach serial:speed=high
port=$(awk '/^attached port/ { print $3 }' "$sim_log")

check "the port is in use" wait_for 10 port_is "$port" 6
check "the device is in sysfs" test -e "/sys/bus/usb/devices/$(port_busid "$port")/idVendor"
check "detach is accepted" detach "$port"
check "the port is free" wait_for 10 port_is "$port" 4
check "no port is left in use" wait_for 10 ports_in_state 128 4
