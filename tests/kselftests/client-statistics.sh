#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# debugfs tells of each attached device what it has transferred, what went wrong, and of its network.
# timeout 120
. "$(dirname "$0")/../lib.sh"

plan 28
mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug || skip "no debugfs"
load_client nports=8 unlink_timeout=1 || die "vhci-hcd does not load"
load_device_drivers
ports=/sys/kernel/debug/vhci_hcd/ports
head='port submitted given_back unlinked in_flight bytes_in bytes_out unlink_timeouts last_error retrans rtt_us'
# column PORT NAME
column() {
	awk -v p="$1" -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i }
		NR > 1 && $1 + 0 == p { print $c }' $ports
}
column_is() { equals "$(column "$1" "$2")" "$3"; }
at_least() { [ "$(column "$1" "$2")" -ge "$3" ] || { cat $ports; return 1; }; }

check "without a device there is a header" equals "$(cat $ports)" "$head"
start_sim disk --attach 0 --tcp storage:speed=high,size=1
wait_for 20 usable 0 || die "it does not enumerate"
check "a device has a line" equals "$(wc -l <$ports) $(awk 'NR == 2 { print NF, $1 }' $ports)" "2 11 0000"
in=$(column 0 bytes_in) out=$(column 0 bytes_out)
check "the disk carries 512 KiB each way" exercise 0
check "bytes_in counts them" at_least 0 bytes_in $((in + 524288))
check "bytes_out as well" at_least 0 bytes_out $((out + 524288))
check "its URBs are counted" at_least 0 submitted 30
check "none is in flight" wait_for 10 column_is 0 in_flight 0
check "all were given back" column_is 0 given_back "$(column 0 submitted)"
check "none was cancelled" equals "$(column 0 unlinked) $(column 0 unlink_timeouts)" "0 0"
check "TCP's round-trip time is there" contains "$(column 0 rtt_us)" '^[1-9][0-9]*$'
check "nothing was sent again" column_is 0 retrans 0

start_sim int --attach 1 int:speed=high,bad=unlink-silent
wait_for 20 usable 1 || die "it does not enumerate"
check "a socket that is not TCP has no such numbers" \
	equals "$(column 1 retrans) $(column 1 rtt_us)" "- -"
node=$(node_of "$(port_busid 1)")
error=$(column 1 last_error)
check "a transfer is cancelled" "$tests/usbfs" "$node" discard 0x81 8
check "it counts as cancelled" column_is 1 unlinked 1
check "and as not confirmed in time" column_is 1 unlink_timeouts 1
check "that is no error" column_is 1 last_error "$error"
check "the other device has none of it" equals "$(column 0 unlinked) $(column 0 unlink_timeouts)" "0 0"
"$tests/usbfs" "$node" wait 0x81 8 >"$tmp/waits" 2>&1 &
waits=$!
check "a transfer that waits is in flight" wait_for 10 column_is 1 in_flight 1
check "and not cancelled" column_is 1 unlinked 1
kill $waits
check "until who waits for it is killed" wait_for 20 column_is 1 in_flight 0
check "which cancels it" column_is 1 unlinked 2
# A descriptor that no device has: the device stalls.
stalls() {
	python3 -B - "$tests/hostile" "$(port_busid 1)" <<-'END'
		import struct, sys
		sys.path.insert(0, sys.argv[1])
		from client_lib import Failure, Usbfs
		with Usbfs(sys.argv[2]) as fd:
		    try:
		        fd.control(struct.pack("<BBHHH", 0x80, 6, 0x7700, 0, 8), 5000)
		    except Failure:
		        sys.exit(0)
		sys.exit("it did not stall")
	END
}
check "a transfer stalls" stalls
check "that is the last error" column_is 1 last_error -32

before=$(column 1 submitted)
check "the device goes" detached 1
check "its line goes with it" column_is 1 submitted ""
start_sim again --attach 1 int:speed=full
wait_for 20 usable 1 || die "it does not enumerate again"
check "the next one's numbers begin at 0" [ "$(column 1 submitted)" -lt "$before" ]
check "with no cancellation" equals "$(column 1 unlinked) $(column 1 unlink_timeouts)" "0 0"
check "and nothing in flight" column_is 1 in_flight 0
