#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# vhci-hcd has its controllers though the platform bus probes nothing by itself.
. "$(dirname "$0")/../lib.sh"

autoprobe=/sys/bus/platform/drivers_autoprobe

plan 3
was=$(cat $autoprobe)
trap 'echo "$was" >$autoprobe; finish' EXIT
echo 0 >$autoprobe
check "it loads" load_client nports=16
check "all ports are there" ports_in_state 32 4
start_sim sim --attach int
check "a device can be attached" wait_for 20 usable "$(sim_port)"
