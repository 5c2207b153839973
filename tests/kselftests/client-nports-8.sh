#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# With nports=8 there are 8 USB2 and 8 USB3 ports, and the stock tools read them all.
. "$(dirname "$0")/../lib.sh"

command -v usbip >/dev/null || skip "usbip is not installed"
plan 8
nports_works 8
