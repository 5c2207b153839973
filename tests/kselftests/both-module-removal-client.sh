#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# vhci-hcd goes while usbip-host waits for a device that its client has left.
# timeout 90
. "$(dirname "$0")/../lib.sh"

plan 5
export_gadget Loopback
load_client nports=2 || die "vhci-hcd does not load"
start_peer client "$busid" "getdesc; expect-close 60000"
check "a client has the device" wait_for 10 status_is "$busid" 2
hold_device "$busid"
kill "$peer_pid"
closes() { cat /proc/[0-9]*/stack | grep -E '\bhost_lock_device\b'; }
check "it has gone, and usbip-host waits for the device" wait_for 10 closes
rmmod vhci-hcd &
pids="$pids $!"
check "vhci-hcd goes meanwhile" wait_for 10 fails loaded vhci-hcd
check "usbip-host waits still" closes
kill "$holder"
check "until it has the device" wait_for 20 status_is "$busid" 1
