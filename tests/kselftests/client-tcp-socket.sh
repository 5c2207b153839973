#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A device that comes over a TCP socket works like any other.
. "$(dirname "$0")/../lib.sh"

plan 6
load_client nports=8 || die "vhci-hcd does not load"
load_device_drivers
start_sim sim --attach --tcp serial:speed=high storage:speed=super,size=1

simulated_work 2
