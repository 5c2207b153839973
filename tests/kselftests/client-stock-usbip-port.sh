#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A device attached by the kernel's usbip tool shows up in usbip port, and detaches by it.
# timeout 120
. "$(dirname "$0")/../lib.sh"

command -v usbip >/dev/null || skip "usbip is not installed"
plan 9
load_client nports=8 || die "vhci-hcd does not load"
load_device_drivers
start_sim server -p 3240 serial:speed=high,serial=ABC
check "the server lists it" contains "$(usbip list -r 127.0.0.1)" '1-1: .*\(1209:0001\)'
check "usbip attach takes it" usbip attach -r 127.0.0.1 -b 1-1
check "it works" wait_for 20 usable 0
check "and carries data" exercise 0

# As printed for the kernel's own vhci-hcd; what usb.ids adds may differ.
printed=$(usbip port 2>/dev/null)
check "usbip port says port and speed" \
	contains "$printed" '^Port 00: <Port in Use> at High Speed\(480Mbps\)$'
check "and the device" contains "$printed" '^ +[^ ].* : .* \(1209:0001\)$'
check "and where it is from" contains "$printed" \
	"^ +$(port_busid 0) -> usbip://127.0.0.1:3240/1-1\$"
check "usbip detach takes it off" usbip detach -p 0
check "the port is free" wait_for 10 port_is 0 4
