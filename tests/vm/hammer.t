#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Both drivers under the hammer in the debug kernel, for three minutes (HAMMER: seconds). TAP.
# Called by tests/check through prove. HAMMER_SEED repeats a run as far as timing lets it.
# Needs what tests/vm/run and scripts/debug-kernel/kernel need.
set -eu

# shellcheck source=test-lib.sh
. "$(dirname "$(readlink -f "$0")")/test-lib.sh"

seconds=${HAMMER:-180}
root=$("$here/../../scripts/debug-kernel/kernel")
prepare hammer "$root"
truncate -s 16M "$log/disk.img"

# The guest's KTAP is passed on; the table in it is for who reads it.
{
	rc=0
	"$here/run" -n hammer -m 2048M -t $((seconds * 2 + 900)) \
		-l "$log" -s "$log/tree" "$root" \
		/usbip-ext/tests/hammer/hammer.sh "$seconds" "${HAMMER_SEED:-$(date +%s)}" -- \
		-drive "if=none,id=d0,file=$log/disk.img,format=raw,snapshot=on" \
		-device usb-storage,bus=xhci.0,drive=d0 -device usb-kbd,bus=xhci.0 \
		-chardev null,id=serial \
		-device usb-serial,bus=xhci.0,chardev=serial,always-plugged=on || rc=$?
	echo $rc >"$log/rc"
} | tee "$log/ktap"
rm -rf "$log/tree" "$log/disk.img"
rc=$(cat "$log/rc")
# prove shows of a test no more than its number.
sed -n '/^# seed/p; /^# operation/,/^# total/p; /^not ok/p; /^# failed/p; /^Bail/p' "$log/ktap" >&2
exit "$rc"
