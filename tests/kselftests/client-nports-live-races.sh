#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# nports is written by many at once, while ports are taken and left, and while the module goes: each
# writer is answered, nobody waits in state D, and the ports are those of one of the values.
# timeout 120
. "$(dirname "$0")/../lib.sh"

plan 17
load_client nports=8 || die "vhci-hcd does not load"

# Devices come and go on all ports that there may be; so do readers of all files.
attaching() {
	while [ ! -e "$tmp/stop" ]; do
		for port in 0 3 15 16 31 60 127; do
			"$sim_dir/attach-raw" -t 50 -f "$port %d 1 3" unix "$vhci/attach"
			echo $port >"$vhci/detach"
		done
		cat "$vhci"/status* "$vhci/nports" "$nports" /sys/module/vhci_hcd/parameters/unlink_timeout
	done
}
attaching >"$tmp/attaching" 2>&1 &
attaching=$!
writers=
for n in 1 64 9 33 20 2; do
	"$sim_dir/attach-raw" -t 0 -f $n none "$nports" >"$tmp/answer.$n" &
	writers="$writers $!"
done
pids="$pids $attaching $writers"
wait_for 5 [ -s "$tmp/attaching" ] || die "nothing is attached"
nobody_in_d() {
	for pid in $writers; do
		[ ! -e "/proc/$pid/stat" ] || ! grep -q ') D ' "/proc/$pid/stat" || return 1
	done
}
# A moment in that state is none: seen now, and not a little later.
check "no writer waits in state D" wait_for 2 nobody_in_d
writers_gone() {
	for pid in $writers; do
		[ ! -d "/proc/$pid" ] || return 1
	done
}
check "each writer is answered" wait_for 60 writers_gone
check "that it is done, or that a port is in use" fails grep -vxE 'ok|errno EBUSY' "$tmp"/answer.*
: >"$tmp/stop"
check "the others end" wait_for 30 fails [ -d "/proc/$attaching" ]
all_free() { ports_in_state "$(cat "$vhci/nports")" 4; }
check "all ports are free" wait_for 10 all_free
check "it is one of the numbers" contains " 8 1 64 9 33 20 2 " " $(cat "$nports") "
check "and there are so many ports" equals "$(status_lines | awk '{ print $2 + 0 }' | sort -n)" \
	"$(seq 0 $((2 * $(cat "$nports") - 1)))"

# The module goes while a change waits.
set_nports 8 || die "nports stays"
hold_buses
"$sim_dir/attach-raw" -t 0 -f 64 none "$nports" >"$tmp/answer" &
writer=$!
wait_for 20 waits_in $writer nports || die "the writer does not wait for the buses"
"$sim_dir/attach-raw" -t 0 -f 9 none "$nports" >"$tmp/late" &
late=$!
wait_for 20 waits_in $late nports || die "the second writer does not wait for the first"
rmmod vhci-hcd &
module=$!
pids="$pids $writer $late $module"
check "the module waits for the change" wait_for 20 waits_in $module nports
check "by then nobody can attach" fails [ -e "$vhci/attach" ]
kill $holder
check "the module goes when the change is over" wait $module
wait $writer $late
check "who was in the middle of it is told that it goes" equals "$(cat "$tmp/answer")" "errno ENODEV"
check "who waited for that, too" equals "$(cat "$tmp/late")" "errno ENODEV"
check "no controller stays" fails ls -d /sys/devices/platform/vhci_hcd.*

# The module goes while controllers are being made: it waits for them, and they go with it.
load_client nports=8 || die "vhci-hcd does not load again"
write_to "$nports" 300 >"$tmp/answer" &
writer=$!
pids="$pids $writer"
wait_for 30 [ -e /sys/devices/platform/vhci_hcd.2 ] || die "no controller is made"
check "it goes while controllers are made" rmmod vhci-hcd
check "who wrote it is answered" wait $writer
check "that it was done" equals "$(cat "$tmp/answer")" ok
check "no controller stays then" fails ls -d /sys/devices/platform/vhci_hcd.*
