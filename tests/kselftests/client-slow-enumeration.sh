#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# An enumeration that takes three times peer_timeout ends: its port is free, the hub's others go on.
# timeout 120
. "$(dirname "$0")/../lib.sh"

timeout=4
bound=$((3 * timeout))
plan 9
load_client nports=8 || die "vhci-hcd does not load"
echo $timeout >/sys/module/usbip_ext_core/parameters/peer_timeout

# Each answer comes before the USB core loses patience, which it would after 5 s.
log_mark
start_sim slow --attach int:speed=high,bad=slow=4500000
slow=$(sim_port)
start_sim good --attach int:speed=high
good=$(sim_port)
check "a server that is slow with each answer" wait_for 5 port_is "$slow" 5
check "  its port is free" wait_for $((bound + 5)) port_is "$slow" 4
check "  and the log says why" kernel_said "port $slow: device is not enumerated in time"
check "the next device enumerates" wait_for 10 usable "$good"

log_mark
start_sim broken --attach int:speed=high,bad=desc=conf:size:0
broken=$(sim_port)
check "a device that cannot be enumerated" wait_for 5 port_is "$broken" 5
check "  its port is free" wait_for $((bound + 5)) port_is "$broken" 4
check "  and the log says why" kernel_said "port $broken: device is not enumerated in time"

check "one that is enumerated stays" port_is "$good" 6
check "  and works" exercise "$good"
