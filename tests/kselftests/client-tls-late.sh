#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Who keeps a descriptor of the socket and puts the kernel's TLS on it ends the connection, and harms no memory.
. "$(dirname "$0")/../lib.sh"

modprobe tls || skip "no TLS on this kernel"
load_client nports=8 || die "vhci-hcd does not load"

plan 3
log_mark
check "TLS is put on a socket that is attached" "$sim_dir/attach-raw" -t 2000 -L tcp "$vhci/attach" 0 1 3
check "the port is free" wait_for 20 port_is 0 4
check "the log says why" kernel_said 'port 0: .*somebody has put TLS on its socket'
