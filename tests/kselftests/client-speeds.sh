#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A device of each speed comes to the right root hub, and has that speed in every file.
# timeout 120
. "$(dirname "$0")/../lib.sh"

plan 25
load_client nports=8 || die "vhci-hcd does not load"
start_sim sim --attach int:speed=low int:speed=full int:speed=high int:speed=super int:speed=superplus

n=0
# name, hub, number in the status file, speed in sysfs
while read -r name hub number sysfs; do
	n=$((n + 1))
	port=$(sim_port $n)
	check "$name: it enumerates" wait_for 20 usable "$port"
	check "$name: the port is of a $hub hub" contains "$(port_line "$port")" "^$hub "
	check "$name: status says $number" equals "$(port_line "$port" | awk '{ print $4 }')" "$number"
	check "$name: sysfs says $sysfs" \
		equals "$(cat "/sys/bus/usb/devices/$(port_busid "$port")/speed")" "$sysfs"
	check "$name: it works" exercise "$port"
done <<END
low hs 001 1.5
full hs 002 12
high hs 003 480
super ss 005 5000
superplus ss 005 5000
END
