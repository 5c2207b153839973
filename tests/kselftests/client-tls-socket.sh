#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A device that comes over a TCP socket with the kernel's TLS works like any other. Kernels before 6.0
# that lack a mend refuse such a socket, and say so.
. "$(dirname "$0")/../lib.sh"

modprobe tls || skip "no TLS on this kernel"
load_client nports=8 || die "vhci-hcd does not load"
load_device_drivers

log_mark
words=$("$sim_dir/attach-raw" tls "$vhci/attach" 0 1 3 </dev/null)
if [ "$words" = "errno EOPNOTSUPP" ]; then
	plan 3
	check "only a kernel before 6.0 refuses it" contains "$(uname -r)" '^5\.'
	check "the log says why" kernel_said 'port 0: .*has TLS, for which this kernel is too old'
	check "the port is free" port_is 0 4
	exit
fi

plan 8
check "it is accepted" equals "$words" ok
check "the port is free when it ends" wait_for 20 port_is 0 4
start_sim sim --attach --tls serial:speed=high storage:speed=super,size=1
simulated_work 2
