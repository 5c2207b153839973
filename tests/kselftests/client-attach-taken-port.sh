#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Attaching to a port that is taken answers EBUSY, and the device there keeps working.
. "$(dirname "$0")/../lib.sh"

plan 6
load_client nports=8 || die "vhci-hcd does not load"
load_device_drivers
start_sim sim --attach serial:speed=high
port=$(sim_port)
check "a device is there" wait_for 20 usable "$port"

before=$(status_lines)
check "another attach to its port answers EBUSY" \
	answers "errno EBUSY" "$vhci/attach" "$port %d 1 3" unix
check "over TCP too" answers "errno EBUSY" "$vhci/attach" "$port %d 1 3" tcp
check "no port has changed" equals "$(status_lines)" "$before"
check "the device still works" exercise "$port"
check "the port still detaches" detach "$port"
