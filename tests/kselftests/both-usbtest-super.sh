#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every case of the kernel's usbtest that a gadget at SuperSpeed passes, it passes when imported.
# timeout 90
. "$(dirname "$0")/../lib.sh"

plan 47
usbtest_travels super-speed
