#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# With nports=128 there are 128 USB2 and 128 USB3 ports, and the stock tools read them all.
# timeout 120
. "$(dirname "$0")/../lib.sh"

command -v usbip >/dev/null || skip "usbip is not installed"
plan 8
nports_works 128
