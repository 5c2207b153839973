#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Bulk transfers of every size up to 4 MiB come back unharmed.
. "$(dirname "$0")/../lib.sh"

plan 13
load_dummy 1
load_host || die "usbip-host does not load"
load_client nports=8 || die "vhci-hcd does not load"
bulk_comes_back dummy_udc.0 1 511 512 513 4095 4096 16385 65537 1048575 1048577 3000001 4194304
check "the device is still there" ports_in_state 1 6
