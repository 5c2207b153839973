#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A device with broken, huge or changing descriptors harms nobody: the cases of hostile/client-descriptors.cases.
# timeout 600
. "$(dirname "$0")/../lib.sh"
# shellcheck source=../hostile/client.sh
. "$tests/hostile/client.sh"

for module in cdc_acm cdc_ether usb_storage uas usbhid hid_generic snd_usb_audio; do
	modprobe "$module" || skip "no $module on this kernel"
done
hostile_table "$tests/hostile/client-descriptors.cases"
