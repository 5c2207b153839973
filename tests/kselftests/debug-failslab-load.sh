#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Allocations of each module's load and removal, and of live changes of nports, fail one by one, and
# nothing leaks.
# Needs a kernel with FAILSLAB and kmemleak; run_tests.sh runs it in a VM.
# timeout 300
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../hammer/debug.sh"

plan 11
debug_kernel
load_device_drivers
load_dummy 1
gadget one 1d6b 0104 A1
plugged one dummy_udc.0
load_client nports=1 || die "vhci-hcd does not load"
load_host autobind=1d6b:0104 || die "usbip-host does not load"
unload vhci-hcd usbip-host || die "the modules do not go"
forget_leaks
# What the kernel's loader allocates before a module begins, it reports with a stack; so do
# kmem_cache_create() and the registration of a driver, the first things that vhci-hcd does. Parameters
# that are refused tell how many these are. Not all of the rest: the log has to fit into its
# buffer. EINVAL is what the driver core says of a root hub that has no memory for its name.
client_skip=$("$failnth" -c load "$(ours vhci-hcd)" vhci_hcd nports=none)
host_skip=$("$failnth" -c load "$(ours usbip-host)" usbip_host autobind=!)
check "load of vhci-hcd" walk -e EINVAL -s "$client_skip" -m 24 load "$(ours vhci-hcd)" vhci_hcd \
	nports=1
check "removal of vhci-hcd" walk -m 8 unload "$(ours vhci-hcd)" vhci_hcd nports=1
check "load of usbip-host" walk -s "$host_skip" -m 60 load "$(ours usbip-host)" usbip_host \
	autobind=1d6b:0104
check "removal of usbip-host" walk -m 30 unload "$(ours usbip-host)" usbip_host autobind=1d6b:0104

load_client nports=1 || die "vhci-hcd does not load"
# 16 more: two controllers, the second of which may fail.
check "nports is raised" walk -e EINVAL -m 24 nports 17 1
check "nports is lowered" walk -m 8 nports 1 17
start_sim sim --attach --tcp serial:speed=high
check "afterwards a device can be attached" wait_for 60 usable "$(sim_port)"
check "and works" exercise "$(sim_port)"
kill "$sim_pid"
wait_for 30 ports_in_state 2 4 || die "the ports are not free"
load_host autobind=1d6b:0104 || die "usbip-host does not load"
check "and one exported" wait_for 20 exported "$busid"
check "and it answers a client" peer "$busid" enumerate
wait_for 20 status_is "$busid" 1 || die "$busid is still used"
unload vhci-hcd usbip-host usbip-ext-core || die "the modules do not go"
check "nothing has leaked" no_leaks
walks
