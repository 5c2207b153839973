#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The alternate setting that a driver of the client selects is the one the server shows.
. "$(dirname "$0")/../lib.sh"

alternate() { equals "$(attribute "$busid:1.1" bAlternateSetting | tr -d ' ')" "$1"; }
cdc_ether=/sys/bus/usb/drivers/cdc_ether
there_net() { for net in "/sys/bus/usb/devices/$there/$there":1.*/net/*; do test -e "$net"; done; }

plan 4
qemu_net
load_host || die "usbip-host does not load"
load_client nports=8 || die "vhci-hcd does not load"
imported "$busid"
check "the network driver takes it" wait_for 20 interface_driven_by "$there" cdc_ether
wait_for 20 there_net
check "its setting is the server's" alternate 1
echo "$there:1.0" >$cdc_ether/unbind
check "without the driver it is 0" alternate 0
echo "$there:1.0" >$cdc_ether/bind
wait_for 20 there_net
check "with it, it is 1 again" alternate 1
