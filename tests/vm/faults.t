#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Faults while devices are busy, in two VMs; memory over 200 abrupt ends, in one: faults.t [ROOT].
# Called by tests/check through prove; ROOT may be what scripts/debug-kernel/kernel prints. TAP.
# Needs what tests/vm/root and run need.
set -eu

# shellcheck source=test-lib.sh
. "$(dirname "$(readlink -f "$0")")/test-lib.sh"

prepare faults "${1-}"
: >"$log/failed"

# part NAME COMMAND...: its results are among ours; a part that ends before its plan has failed.
part() {
	part=$1
	shift
	rc=0
	"$@" || rc=$?
	[ $rc -eq 0 ] || { echo "$part" >>"$log/failed"; echo "not ok - $part ended with $rc"; }
}
{
	part faults "$here/../faults/faults" ${1:+-g 20} "$root" "$log/tree" "$log/faults"
	part peers "$here/run" -n peers -c 1 -t 500 -l "$log" -s "$log/tree" "$root" \
		/usbip-ext/tests/faults/peers -- -chardev null,id=line \
		-device usb-serial,bus=xhci.0,chardev=line,always-plugged=on
	part rounds "$here/../faults/run-rounds" "$root" "$log/tree" "$log"
} | awk '
/^(not )?ok / {
	n++
	sub(/ok ([0-9]+ )?/, "ok " n " ")
}
/^1\.\./ { next }
{ print; fflush() }
END { print "1.." n }' | tee "$log/tap"
# prove shows of a test no more than its number.
awk '/^not ok/ { wrong = 1 } /^(ok|# fault )/ { wrong = 0 } wrong' "$log/tap" >&2
rm -rf "$log/tree" "$log"/*.img
[ ! -s "$log/failed" ]
