#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Reports of a HID gadget come in, and go out, complete and in order.
. "$(dirname "$0")/../lib.sh"

hidraw() { dev_of "/sys/bus/usb/devices/$there/$there":1.0/*/hidraw/*; }

plan 3
modprobe -a usb_f_hid usbhid hid-generic || skip "no usb_f_hid on this kernel"
load_client nports=8 || die "vhci-hcd does not load"
export_gadget hid
imported "$busid"
check "its hidraw appears" wait_for 20 hidraw
hidg=/dev/hidg0
# A report is one write; on the client its number (none: 0) comes first.
python3 - "$tmp/reports" "$tmp/numbered" <<END
import os, sys
reports = [os.urandom(64) for n in range(50)]
open(sys.argv[1], "wb").write(b"".join(reports))
open(sys.argv[2], "wb").write(b"".join(b"\\0" + report for report in reports))
END

# cross FROM SIZE TO SOURCE: 50 writes of SOURCE's bytes at one end, 50 reads at the other.
cross() (
	exec 3<"$1" || exit 1 # first: what comes while usbhid opens is lost
	timeout 20 dd bs=64 count=50 of="$tmp/read" <&3 &
	timeout 20 dd if="$4" bs="$2" of="$3" conv=notrunc
	wait $! && cmp "$tmp/read" "$tmp/reports"
)
check "50 reports come in" cross "$(hidraw)" 64 $hidg "$tmp/reports"
check "50 reports go out" cross $hidg 65 "$(hidraw)" "$tmp/numbered"
