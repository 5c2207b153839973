#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usbip-sim against usbip-peer: hostile clients, each misbehaviour, control of a running one; TAP.
# Needs lib.sh; no kernel. SANITIZE="" tests the plain build.
# Called by prove and by "make check".
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# --- hostile clients -------------------------------------------------------
start serial iso
for text in "header command=9" "header ep=16" "header direction=2" "header length=-1" \
	"header length=0x7fffffff" "raw 00"; do
	case $text in
	raw*) what="$text; shutdown wr; expect-close" ;;
	*) what="$text; expect-close" ;;
	esac
	holds "hung up on: $text" "$server" 1-1 -e "$what"
	holds "  and serves the next" "$server" 1-1 -e "$config $write1"
done
for text in "packets=0" "packets=1025" "packets=-1"; do
	holds "hung up on: isochronous $text" "$server" 1-2 -e "$config
		submit a setup=010b010000000000; expect a
		header ep=1 direction=1 length=64 $text; expect-close"
done
holds "hung up on: packet outside its buffer" "$server" 1-2 -e "$config
	submit a setup=010b010000000000; expect a
	header ep=1 direction=1 length=64 packets=1
	raw 00000040000000010000000000000000; expect-close"
holds "setup that promises more than comes" "$server" 1-1 -e \
	"header setup=2120000000000700 tag=x; expect x status=-32"
holds "setup that contradicts the direction" "$server" 1-1 -e \
	"header setup=8006000100001200 direction=0 tag=x; expect x status=-32"
holds "PDUs in pieces of one byte" "$server" 1-1 -e "split 1; $config $write1"
holds "client resets" "$server" 1-1 -e "$config $read1 rst"
holds "  and the next is served" "$server" 1-1 -e "$config $write1"
stop "hostile clients end well"

# --- every misbehaviour ----------------------------------------------------
bad() { start "serial:bad=$1" "iso:bad=$1"; }
end() { stop "bad=$1 ends well"; }
iso_on="$config submit a setup=010b010000000000; expect a; submit i ep=1 dir=in packets=4:16;"
cancel="$config $read1 unlink r;"

bad unlink-silent
holds "bad=unlink-silent" "$server" 1-1 -e "$cancel expect-silence 200; $write1 expect-silence 100"
end unlink-silent
bad unlink-ignore
holds "bad=unlink-ignore" "$server" 1-1 -e "$cancel expect-silence 200; $write1 expect r data=0102ff"
end unlink-ignore
bad unlink-double
fails "bad=unlink-double" "second RET_UNLINK" "$server" 1-1 -e "$cancel expect r unlinked; $write1"
end unlink-double
bad unlink-both
fails "bad=unlink-both" "although RET_SUBMIT came" "$server" 1-1 -e "$cancel expect r unlinked"
end unlink-both
bad unlink-both-late
fails "bad=unlink-both-late" "after it was cancelled" "$server" 1-1 -e "$cancel expect r unlinked; $write1"
end unlink-both-late
bad unlink-zero
holds "bad=unlink-zero" "$server" 1-1 -e "$cancel expect r unlinked status=0; expect-silence 100"
end unlink-zero
bad unlink-wrong-seqnum
fails "bad=unlink-wrong-seqnum" "which was no unlink" "$server" 1-1 -e "$cancel expect r unlinked"
end unlink-wrong-seqnum
bad unlink-slow=400
holds "bad=unlink-slow" "$server" 1-1 -e "$cancel expect-silence 200; expect r unlinked"
end unlink-slow
bad positive-status
fails "bad=positive-status" "positive status 32" "$server" 1-1 -e "submit a setup=80ff000000000100; expect a status=-32"
holds "  tolerated by -l" -l "$server" 1-1 -e "submit a setup=80ff000000000100; expect a status=-32"
end positive-status
bad status=75
holds "bad=status" "$server" 1-1 -e "$config submit w ep=1 dir=out data=00; expect w status=-75"
end status
bad garbage-packets
fails "bad=garbage-packets" "number_of_packets 0xdeadbeef" "$server" 1-1 -e getdesc
holds "  tolerated by -l" -l "$server" 1-1 -e "getdesc; $config $read1 $write1 expect r"
end garbage-packets
bad echo-header
fails "bad=echo-header" "devid 0x10002" "$server" 1-1 -e getdesc
holds "  tolerated by -l" -l "$server" 1-1 -e "getdesc; $config $read1 $write1 expect r"
end echo-header
bad devid0
holds "bad=devid0" "$server" list
says "  shows" "bus 0 dev 0"
holds "  can be imported" "$server" 1-1 -e getdesc
end devid0
bad oversize-actual
fails "bad=oversize-actual" "actual_length 34, buffer is 18" "$server" 1-1 -e getdesc
end oversize-actual
bad huge-actual
fails "bad=huge-actual" "actual_length 0xffffffff" "$server" 1-1 -e getdesc
end huge-actual
bad double-answer
fails "bad=double-answer" "second RET_SUBMIT" "$server" 1-1 -e "$config $getconf expect g"
end double-answer
bad iso-zero-actual
fails "bad=iso-zero-actual" "." "$server" 1-2 -e "$iso_on expect i"
end iso-zero-actual
bad iso-packets=5
fails "bad=iso-packets" "number_of_packets 5, 4 were sent" "$server" 1-2 -e "$iso_on expect i"
end iso-packets
for field in offset length actual; do
	bad iso-$field
	fails "bad=iso-$field" "packet 3: .*$field 2147483632" "$server" 1-2 -e "$iso_on expect i"
	end iso-$field
done
bad unknown-seqnum=1
fails "bad=unknown-seqnum" "never sent" "$server" 1-1 -e "$config $getconf expect g"
end unknown-seqnum
bad unknown-command=1
fails "bad=unknown-command" "command 0x1234" "$server" 1-1 -e "$config $getconf expect g"
end unknown-command
bad inject=1:c0ffee
holds "bad=inject" "$server" 1-1 -e "$config $getconf expect-bytes c0ffee; expect g data=01; $getconf expect g"
end inject
for flag in silent-after deaf-after; do
	bad $flag=2
	holds "bad=$flag" "$server" 1-1 -e "$config $getconf expect g; $getconf expect-silence 200"
	holds "  and the next client is served as long" "$server" 1-1 -e "$config $getconf expect g"
	end $flag
done
for flag in close-after rst-after half-close-after; do
	bad $flag=2
	holds "bad=$flag" "$server" 1-1 -e "$config $getconf expect g; $getconf expect-close 2000"
	holds "  and the next client is served as long" "$server" 1-1 -e "$config $getconf expect g"
	end $flag
done
bad short-header=1
fails "bad=short-header" "20 of 48 bytes" "$server" 1-1 -e "$config $getconf expect g"
end short-header
bad short-data=1
fails "bad=short-data" "57 of 66 bytes" "$server" 1-1 -e "$config getdesc"
end short-data
bad segments=7
holds "bad=segments" "$server" 1-1 -e "enumerate; submit w ep=1 dir=out len=5000 pattern; expect w
	submit r ep=1 dir=in len=5000; expect r pattern"
end segments
bad slow=200000
holds "bad=slow" "$server" 1-1 -e "submit c setup=0009010000000000; expect-silence 100; expect c
	$getconf unlink g; expect g unlinked; expect-silence 300"
end slow
# Field by field.
for text in "command:7 command.0x7" "seqnum:r16 never.sent" "actual:b1 actual_length.2,.buffer.is.1" \
	"actual:-1 actual_length.0xffffffff" "status:1 positive.status.1" "devid:5 devid.0x5" \
	"packets:0xdead number_of_packets.0xdead"; do
	bad "patch=1:${text% *}"
	fails "bad=patch, ${text% *}" "${text#* }" "$server" 1-1 -e "$config $getconf expect g"
	end patch
done
bad patch=d0:status:-75
holds "bad=patch, data only" "$server" 1-1 -e "$config $getconf expect g; submit w ep=1 dir=out data=00; expect w status=-75; $write1"
end patch
bad patch=d0:packet-1.offset:0x80000000
fails "bad=patch, packet" "offset" "$server" 1-2 -e "$iso_on expect i"
end patch
bad patch=u0:status:-2
holds "bad=patch, unlink" "$server" 1-1 -e "$cancel expect r unlinked status=-2"
end patch
bad extra=1x3:submit:seqnum:0x7000
fails "bad=extra" "never sent" "$server" 1-1 -e "$config $getconf expect g"
end extra
bad cut=1:20:close
fails "bad=cut, close" "20 of 48 bytes" "$server" 1-1 -e "$config $getconf expect g"
end cut
bad cut=1:0:stall
holds "bad=cut, stall" "$server" 1-1 -e "$config $getconf expect-silence 200"
end cut
bad first=c0ffee
holds "bad=first" "$server" 1-1 -e "expect-bytes c0ffee; $config $write1"
end first
bad split=17
holds "bad=split" "$server" 1-1 -e "enumerate; submit w ep=1 dir=out len=5000 pattern; expect w"
end split
bad rate=400
fails "bad=rate" " [24]0 bytes came" "$server" 1-1 -e \
	"submit c setup=0009010000000000; expect-silence 3000"
end rate
bad desc=dev:8:34127856+desc=conf:size:60000+desc=conf:fix+desc=str1:all:0403
holds "bad=desc, device" "$server" 1-1 -e "submit g setup=8006000100001200; expect g
	submit s setup=8006010300000400; expect s data=0403"
holds "bad=desc, long" "$server" 1-1 -e "submit g setup=800600020000ffff; expect g len=60000"
end desc
bad desc=conf:drop:9:9+desc=conf.first:end:ff+lenient
holds "bad=lenient" "$server" 1-1 -e "submit c setup=0009070000000000; expect c; $getconf expect g data=07"
end lenient
bad doze=400
holds "bad=doze" "$server" 1-1 -e "$config submit w ep=1 dir=out data=0102ff; expect-silence 200; expect w"
end doze
for flag in patch=1 patch=x0:status:1 patch=0:nothing:1 patch=0:status:q extra=0 extra=0:hello cut=0 \
	cut=0:1:never first= first=0 desc=dev desc=foo:1:00 desc=dev:size:70000 desc=dev.now:1:00; do
	if "$bin/usbip-sim" -p 0 "serial:bad=$flag" >"$tmp/out" 2>"$tmp/err"; then
		not_ok "refused: bad=$flag"
	else
		ok "refused: bad=$flag"
	fi
done

# --- at random --------------------------------------------------------------
for run in 0 1; do
	start --random 7:2000 serial
	for _ in 1 2 3 4 5 6 7 8; do
		"$bin/usbip-peer" -l "$server" 1-1 -e "enumerate; $(yes "$getconf expect g;" | head -n 300)" \
			>>"$tmp/random.$run" 2>&1
	done
	stop "--random ends well"
done
if [ -s "$tmp/random.0" ] && cmp "$tmp/random.0" "$tmp/random.1" >"$tmp/err" 2>&1; then
	ok "--random goes wrong, and the same way twice"
else
	not_ok "--random goes wrong, and the same way twice"
fi
if "$bin/usbip-sim" -p 0 --random x serial >"$tmp/out" 2>"$tmp/err"; then
	not_ok "no seed is refused"
else
	ok "no seed is refused"
fi

bad unlink-zero+echo-header+segments=5
fails "several at once" "devid" "$server" 1-1 -e "$cancel expect r unlinked status=0"
end "several at once"

# Every flag of the table has been through the above.
"$bin/usbip-sim" --help | sed -n '/FLAGS of bad=/,$ s/^  \([a-z0-9-]*\).*/\1/p' >"$tmp/flags"
: >"$tmp/err"
while read -r flag; do
	grep -qE -e "$flag|iso-\\\$field" "$0" || echo "untested: $flag" >>"$tmp/err"
done <"$tmp/flags"
if [ -s "$tmp/flags" ] && [ ! -s "$tmp/err" ]; then ok "every flag is tested"; else not_ok "every flag is tested"; fi
if "$bin/usbip-sim" -p 0 serial:bad=nonsense >"$tmp/out" 2>"$tmp/err"; then not_ok "unknown flag is refused"; else ok "unknown flag is refused"; fi

# --- control ---------------------------------------------------------------
tell() { printf '%s\n' "$1" | "$tmp/ctl" >"$tmp/out" 2>"$tmp/err"; }
cat >"$tmp/ctl" <<-END
	#!/usr/bin/env python3
	import socket, sys
	s = socket.socket(socket.AF_UNIX)
	s.connect("$tmp/socket")
	s.sendall(sys.stdin.buffer.read())
	text = b""
	while not (text.startswith((b"ok", b"error")) or b"\nok" in text):
	    more = s.recv(4096)
	    if not more:
	        break
	    text += more
	print(text.decode(), end="")
END
chmod +x "$tmp/ctl"
start -c "$tmp/socket" serial storage
tell status
says "status" "^1-2 storage high plugged free port -1 urbs 0 bad none"
"$bin/usbip-peer" "$server" 1-1 -e "$config $read1 expect-close" >"$tmp/bg.out" 2>"$tmp/bg.err" &
bg=$!
sleep 0.3
tell status
says "status of a used device" "^1-1 serial high plugged used"
tell "unplug 1-1"
says "unplug" "^ok"
if wait $bg; then ok "unplug ends the connection"; else cp "$tmp/bg.err" "$tmp/err"; not_ok "unplug ends the connection"; fi
fails "an unplugged device is not there" "status 4" "$server" 1-1 -e ""
tell "plug 1-1"
holds "plugged in again" "$server" 1-1 -e "$config $write1"
tell "bad 1-1 status=19"
holds "misbehaves on demand" "$server" 1-1 -e "$config submit w ep=1 dir=out data=00; expect w status=-19"
tell "bad 1-1 none"
holds "and behaves again" "$server" 1-1 -e "$config $write1"
tell "bad 1-1 nonsense"
says "unknown flag" "^error: no such misbehaviour: nonsense"
tell "unplug 7-7"
says "unknown busid" "^error: no device 7-7"
tell quit
wait "$sim"
rc=$?
sim=
if [ $rc -eq 0 ] && [ ! -s "$tmp/sim.err" ]; then ok "quit"; else cp "$tmp/sim.err" "$tmp/err"; not_ok "quit"; fi

finish
