#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Who keeps a descriptor of the socket and puts the kernel's TLS on it ends the connection, and harms no memory.
. "$(dirname "$0")/../lib.sh"

modprobe tls || skip "no TLS on this kernel"
load_client nports=8 || die "vhci-hcd does not load"

plan 6
log_mark
check "TLS is put on a socket that is attached" "$sim_dir/attach-raw" -t 2000 -L tcp "$vhci/attach" 0 1 3
check "the port is free" wait_for 20 port_is 0 4
check "the log says why" kernel_said 'port 0: .*somebody has put TLS on its socket'

# TLS has kept what it has found in the socket, and calls it.
check "vhci-hcd goes" unload vhci-hcd
check "the log says what stays" kernel_said 'usbip-ext-core: stays loaded: TLS'
check "usbip-ext-core does not go" fails rmmod usbip-ext-core
modules_at_start="$modules_at_start usbip-ext-core "
