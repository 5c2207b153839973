#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A client makes the server take no more memory than client_memory_mb, and loses nothing by it.
# timeout 400
. "$(dirname "$0")/../lib.sh"

limit=/sys/module/usbip_host/parameters/client_memory_mb

# Free, a CPU's for the next time, or of a cache that would be given up.
free_kb() {
	awk '/^(MemFree|Buffers|Cached|SReclaimable):/ { kb += $2 }
		/^ +count:/ { kb += 4 * $2 }
		END { print kb }' /proc/meminfo /proc/zoneinfo
}
# Tens of MiB that kernels with KASAN keep back when small things are freed.
keeps_back=0
! slow_kernel || keeps_back=$((96 << 10))

# taken_below KIB, taken_above KIB: since memory_mark.
memory_mark() { memory_mark=$(free_kb); }
taken_kb() { echo $((memory_mark - $(free_kb))); }
taken_below() {
	taken=$(taken_kb)
	[ "$taken" -lt "$1" ] || { echo "$taken KiB were taken, not below $1"; return 1; }
}
taken_above() {
	taken=$(taken_kb)
	[ "$taken" -gt "$1" ] || { echo "$taken KiB were taken, not above $1"; return 1; }
}

# bounded WHAT KIB: a check, and its figure.
bounded() {
	check "$1" taken_below "$2"
	echo "# $1: $taken KiB"
}

# given_back WHAT: same, for a client that has gone; what waits for RCU needs a moment.
given_back() {
	check "$1" wait_for 10 taken_below 4096
	echo "# $1: $taken KiB"
}

# content SECONDS NAME: that peer has got what it expects, to its getdesc.
content() { wait_for "$1" grep -q '^device ' "$tmp/$2.log" || { cat "$tmp/$2.log"; return 1; }; }
available() { wait_for 10 status_is "$1" 1; } # BUSID

# flooding BUSID SCRIPT: starts it; its floods have been sent, and a moment has passed, at the end.
flooding() {
	memory_mark
	start_peer flood "$1" "$2; sleep 300000"
	wait_for 60 grep -q ' bytes sent$' "$tmp/flood.log" || die "flood: $(cat "$tmp/flood.log")"
	sleep 1
}
ends() { kill "$peer_pid" && wait_for 5 test ! -d "/proc/$peer_pid"; }
sent_all() { grep -qE ': ([0-9]+) of \1 bytes sent$' "$tmp/flood.log"; }

# report BYTE NUMBER [UPTIME]: so many reports, of BYTE and the ones after it; not before that
# time, for which Python is up already. A full packet would not end the client's transfer. Ends
# when nobody takes them.
report() {
	timeout 60 python3 -c '
import sys, time
first, n, uptime = map(int, sys.argv[1:])
time.sleep(max(0, uptime - time.clock_gettime(time.CLOCK_BOOTTIME)))
with open("/dev/hidg0", "wb", buffering=0) as hid:
    for i in range(first, first + n):
        hid.write(bytes([i % 256]) * 63)' "$1" "$2" "${3:-0}"
}

plan 53
load_dummy 3
load_host autobind=1d6b:0104 client_memory_mb=1 || die "usbip-host does not load"
echo 120 >/sys/module/usbip_ext_core/parameters/peer_timeout
gadget hid 1d6b 0104 H hid
plugged hid dummy_udc.0
hid=$busid
gadget loop 1d6b 0104 L Loopback
plugged loop dummy_udc.1
loop=$busid
gadget source 1d6b 0104 S SourceSink
plugged source dummy_udc.2
source=$busid
for dev in $hid $loop $source; do
	wait_for 20 exported "$dev" || die "$dev is not exported"
done
wait_for 10 test -c /dev/hidg0 || die "no /dev/hidg0"
hid_in=$(endpoint "$hid" in) hid_out=$(endpoint "$hid" out)
loop_in=$(endpoint "$loop" in) loop_out=$(endpoint "$loop" out)
source_in=$(endpoint "$source" in)
check "the limit is 1 MiB" equals "$(cat $limit)" 1

# --- 64 MiB of transfers that do not complete ---------------------------------
many="flood f 1024 ep=$hid_in direction=1 length=65536"
flooding "$hid" "$many"
check "IN: all commands were sent" sent_all
bounded "IN: 64 MiB wait and take little memory" 8192
check "IN: the client still has the device" status_is "$hid" 2
check "IN: it goes" ends
check "IN: the device is available within 10 s" available "$hid"
given_back "IN: nothing stays"

flooding "$hid" "$many; rst"
check "RST while the reader waits: the device is available" available "$hid"
given_back "RST: nothing stays"

flooding "$loop" "flood f 2000 payload=65536 ep=$loop_out length=65536"
check "OUT: the server stops reading" fails sent_all
bounded "OUT: 125 MiB take no more than sockets hold" 32768
check "OUT: it goes" ends
check "OUT: the device is available within 10 s" available "$loop"
# The first time the slab caches of the sockets grow.
flooding "$loop" "flood f 2000 payload=65536 ep=$loop_out length=65536"
check "OUT: again" ends
check "OUT: the device is available again" available "$loop"
given_back "OUT: nothing more stays than the first time"

# --- nothing is refused ---------------------------------------------------------
reads=$(for n in $(seq 1 64); do echo "submit in$n ep=$hid_in dir=in len=65536"; done)
wants=$(for n in $(seq 1 64); do echo "expect in$n len=63 fill=$n timeout=60000"; done)
start_peer order "$hid" "$reads
	$wants
	expect-silence 300
	getdesc
	expect-close 60000"
check "reports for 64 transfers of 64 KiB" report 1 64
check "each has its own, in order" content 20 order
kill "$peer_pid"
check "available" available "$hid"

start_peer out "$hid" "
	flood f 2000 payload=64 ep=$hid_out length=64
	expect-flood f 2000 120000
	getdesc
	expect-close 60000"
arrive() { equals "$(dd if=/dev/hidg0 bs=64 count="$1" 2>"$tmp/dd" | wc -c)" $(($1 * 64)); }
check "2000 reports of the client arrive" arrive 2000
check "and are answered" content 30 out
kill "$peer_pid"
check "available" available "$hid"

# What was unlinked before the reader had to wait.
check "after an unlink the rest goes on" peer "$hid" "
	$(for n in $(seq 1 8); do echo "submit in$n ep=$hid_in dir=in len=65536"; done)
	$(for n in $(seq 1 8); do echo "unlink in$n"; done)
	$(for n in $(seq 1 8); do echo "expect in$n unlinked"; done)
	submit big ep=$hid_in dir=in len=1000000
	unlink big
	expect big unlinked
	getdesc"
check "available" available "$hid"

four="ep=$source_in dir=in len=4194304"
check "an URB of 4 MiB is carried out, and the next one" peer "$source" "
	submit a $four
	submit b $four
	submit c ep=$source_in dir=in len=512
	expect a len=4194304 fill=0 timeout=60000
	expect b len=4194304 fill=0 timeout=60000
	expect c len=512 timeout=60000
	getdesc"
check "available" available "$source"
check "OUT of 4 MiB, and back" peer "$loop" "
	submit out ep=$loop_out dir=out len=65536 pattern
	submit in ep=$loop_in dir=in len=65536
	submit big ep=$loop_out dir=out len=4194304
	unlink big
	expect out
	expect in len=65536 pattern
	expect big unlinked status=any"
check "available" available "$loop"

# --- but nothing hangs ------------------------------------------------------------
echo 4 >/sys/module/usbip_ext_core/parameters/peer_timeout
check "when nothing completes for long the rest is refused, and what follows is seen" peer "$hid" "
	$(for n in $(seq 1 64); do echo "submit in$n ep=$hid_in dir=in len=65536"; done)
	expect in64 status=-12 timeout=10000
	unlink in1
	expect in1 unlinked
	getdesc"
check "available" available "$hid"
# A socket that is not TCP has the reader look again whenever something comes.
check "also when the client goes on sending meanwhile" "$sim_dir/usbip-peer" --sockfd "$hid" -e "
	$(for n in $(seq 1 64); do echo "submit in$n ep=$hid_in dir=in len=65536"; done)
	$(for n in $(seq 1 5); do echo "sleep 1000; submit more$n ep=$hid_in dir=in len=65536"; done)
	expect in64 status=-12 timeout=500
	unlink in1
	expect in1 unlinked"
check "available" available "$hid"

# A reader that had to wait, and went on, has not stalled: what comes later waits as well.
echo 12 >/sys/module/usbip_ext_core/parameters/peer_timeout
twenty() { for n in $(seq "$1" $(($1 + 19))); do echo "$2$n $3"; done; }
log_mark
start_peer twice "$hid" "
	$(twenty 1 'submit in' "ep=$hid_in dir=in len=65536")
	$(twenty 1 'expect in' 'len=63 timeout=60000')
	sleep 11000
	$(twenty 21 'submit in' "ep=$hid_in dir=in len=65536")
	$(twenty 21 'expect in' 'len=63 timeout=60000')
	getdesc
	expect-close 60000"
check "20 reports are taken" report 1 20
look_at_clock
check "and 20 more" report 21 20 $((now + 14))
check "1.25 MiB of transfers, and again after a while: none is refused" \
	content 20 twice
check "the log says nothing of that" fails kernel_said 'none completes'
kill "$peer_pid"
check "available" available "$hid"
echo 120 >/sys/module/usbip_ext_core/parameters/peer_timeout

# --- a limit changed meanwhile ------------------------------------------------------
flooding "$hid" "$many"
bounded "1 MiB: little is taken" 8192
echo 32 >$limit
check "32 MiB: more is taken at once, though none is complete" wait_for 20 taken_above 24576
sleep 1
bounded "32 MiB: but no more than that" 40960
echo 0 >$limit
check "no limit: all is taken" wait_for 20 taken_above 57344
check "the client goes" ends
check "the device is available" available "$hid"
given_back "nothing stays"
echo 1 >$limit

# Last: kernels with KASAN give back what these take only later.
# --- answers that are not read ----------------------------------------------------
flooding "$source" "flood f 20000 direction=1 length=18 setup=8006000100001200"
bounded "unread descriptors: memory is bounded" $((16384 + keeps_back))
check "unread descriptors: the client goes" ends
check "unread descriptors: available" available "$source"

flooding "$loop" "flood f 1000000 command=2 victim=77"
check "unread unlinks: the server stops reading" fails sent_all
bounded "unread unlinks: memory is bounded" $((49152 + keeps_back))
check "unread unlinks: the client goes" ends
check "unread unlinks: available" available "$loop"
patience=120000 # ms; so many answers take as long as they take
! slow_kernel || patience=480000
check "who reads late misses nothing" peer "$loop" "
	flood f 300000 command=2 victim=77
	expect-flood f 300000 $patience
	getdesc"
check "available" available "$loop"
