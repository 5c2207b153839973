#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The configuration set on the client is the one the server shows and the device has.
. "$(dirname "$0")/../lib.sh"

value() { attribute "$1" bConfigurationValue; } # BUSID
set_value() { echo "$1" >"/sys/bus/usb/devices/$there/bConfigurationValue"; }
back() { # data come back: only the second configuration's function does that
	"$tests/usbfs" "$(node_of "$there")" echo "$(endpoint "$there" out)" \
		$((0x80 + $(endpoint "$there" in))) 500 5
}

plan 13
load_dummy 1
load_host || die "usbip-host does not load"
load_client nports=8 || die "vhci-hcd does not load"
gadget two 1d6b 0104 A1 SourceSink
mkdir "$configfs/two/configs/c.2" "$configfs/two/functions/Loopback.0"
ln -s "$configfs/two/functions/Loopback.0" "$configfs/two/configs/c.2/"
plugged two dummy_udc.0
imported "$busid"
check "the client has the first one" equals "$(value "$there")" 1
check "so does the server" equals "$(value "$busid")" 1
check "data do not come back" fails back
check "the client sets the second" set_value 2
check "the server shows it" equals "$(value "$busid")" 2
check "data come back" back
check "the client sets none" set_value -1
check "the server shows none" equals "$(value "$busid")" ""
check "one that does not exist is refused" fails set_value 3
check "the server shows none" equals "$(value "$busid")" ""
check "the client sets the second again" set_value 2
check "the server shows it" equals "$(value "$busid")" 2
check "data come back" back
