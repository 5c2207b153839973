#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usbip-sim against usbip-peer: each kind at each speed, list, import, data, storage; TAP.
# Needs lib.sh; no kernel. SANITIZE="" tests the plain build.
# Called by prove and by "make check".
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# --- every kind at every speed -------------------------------------------
for speed in low full high super superplus; do
	kinds="serial storage bulk iso int"
	[ $speed != low ] || kinds=int
	# shellcheck disable=SC2046,SC2086 # a word each
	start $(printf "%s:speed=$speed " $kinds)
	i=0
	for kind in $kinds; do
		i=$((i + 1))
		holds "$kind enumerates at $speed speed" "$server" 1-$i -e enumerate
		case $kind:$speed in
		bulk:full) says "with packets of its size" "endpoint 81 attributes 02 size 64 " ;;
		bulk:high) says "with packets of its size" "endpoint 81 attributes 02 size 512 " ;;
		bulk:super*) says "with packets of its size" "endpoint 81 attributes 02 size 1024 " ;;
		int:low) says "with packets of its size" "endpoint 81 attributes 03 size 8 interval 10" ;;
		esac
	done
	stop "$speed speed ends well"
done
for kind in serial storage bulk iso; do
	if "$bin/usbip-sim" -p 0 $kind:speed=low >"$tmp/out" 2>"$tmp/err"; then
		not_ok "$kind refuses low speed"
	else
		ok "$kind refuses low speed"
	fi
done

# --- before the import ----------------------------------------------------
start serial:count=3,serial=abc storage:busid=3-1.4
holds "device list" "$server" list
says "busids count up" "^1-3 1209:0001 speed 3 bus 1"
says "devid comes from the busid" "^3-1.4 1209:0002 speed 3 bus 3 dev 5 .*08/06/50"
fails "no such device" "status 4" "$server" 9-9 -e ""
holds "operation in pieces of one byte" "$server" - \
	-e "split 1; raw 0111800500000000; expect-bytes 011100050000000000000004"
holds "unknown operation is hung up on" "$server" - -e "raw 0111800700000000; expect-close"
holds "other version is hung up on" "$server" - -e "raw 0110800500000000; expect-close"
"$bin/usbip-peer" "$server" 1-1 -e "getdesc; sleep 700" >"$tmp/bg.out" 2>&1 &
bg=$!
sleep 0.3
fails "a used device is busy" "status 2" "$server" 1-1 -e ""
holds "device list while one is used" "$server" list
if grep -q "^1-1 " "$tmp/out"; then not_ok "a used device is not listed"; else ok "a used device is not listed"; fi
wait $bg
holds "free again after its client" "$server" 1-1 -e enumerate
says "serial number counts up" "^serial abc-1"
stop "list and import end well"

# --- requests of chapter 9 -----------------------------------------------
start serial serial:speed=super bulk bulk:speed=super
holds "STALL for what there is not" "$server" 1-1 -e "
	submit a setup=8006000f00000500; expect a status=-32
	submit a setup=8006090300000500; expect a status=-32
	submit a setup=0009020000000000; expect a status=-32
	submit a setup=80ff000000000500; expect a status=-32
	submit a setup=810a000000000100; expect a status=-32"
holds "qualifier and other speed" "$server" 1-1 -e "
	submit a setup=8006000600000a00; expect a len=10 data=0a060002020000400100
	submit a setup=8006000700000900; expect a len=9"
holds "BOS at SuperSpeed" "$server" 1-2 -e \
	"submit a setup=8006000f00000500; expect a data=050f160002"
holds "U1 enable shows in the status" "$server" 1-2 -e "$config
	submit a setup=0003300000000000; expect a
	submit a setup=8000000000000200; expect a data=0400
	submit a setup=0001300000000000; expect a
	submit a setup=8000000000000200; expect a data=0000"
holds "remote wakeup shows in the status" "$server" 1-1 -e "
	submit a setup=0003010000000000; expect a
	submit a setup=8000000000000200; expect a data=0200"
holds "short control read" "$server" 1-1 -e \
	"submit a setup=8006000100000004 len=1024; expect a len=18
	submit a setup=8006000100000004 len=1024 flags=1; expect a len=18 status=-121"
holds "halt and clear halt" "$server" 1-3 -e "$config
	submit a setup=0203000081000000; expect a
	submit a setup=8200000081000200; expect a data=0100
	$read1 expect r status=-32 len=0
	submit a setup=0201000081000000; expect a
	$read1 expect r len=64 fill=0"
holds "alternate settings" "$server" 1-3 -e "$config
	submit a setup=810a000000000100; expect a data=00
	submit i ep=2 dir=in packets=1:64; expect i status=-2
	submit a setup=010b010000000000; expect a
	submit a setup=810a000000000100; expect a data=01
	submit i ep=2 dir=in packets=4:64; expect i len=256 fill=0
	submit a setup=010b070000000000; expect a status=-32"
holds "device reset ends pending URBs and the configuration" "$server" 1-1 -e "$config
	$read1
	submit a setup=2303040001000000; expect a
	expect r status=-108
	$getconf expect g data=00
	$config $getconf expect g data=01"
stop "chapter 9 ends well"

# --- data ------------------------------------------------------------------
start serial bulk int:speed=low iso iso:iso-error=4,iso-short=4,busid=2-1 int:mouse=1,tick=10,busid=2-2 iso:busid=2-3,speed=full
holds "serial echo" "$server" 1-1 -e "$config $read1 expect-silence 100; $write1 expect r data=0102ff"
holds "serial echo of a megabyte" "$server" 1-1 -e "$config
	submit w ep=1 dir=out len=1000000 pattern
	submit r ep=1 dir=in len=1000000
	expect w len=1000000; expect r len=1000000 pattern"
holds "serial: more than the loop holds waits" "$server" 1-1 -e "$config
	submit w ep=1 dir=out len=100000 pattern; expect w
	submit v ep=1 dir=out len=100000 pattern; expect-silence 100
	submit r ep=1 dir=in len=100000; expect r pattern; expect v"
holds "line coding is kept" "$server" 1-1 -e "$config
	submit a setup=2120000000000700 data=00c20100000008; expect a len=7
	submit a setup=a121000000000700; expect a data=00c20100000008"
holds "unlink of a pending URB" "$server" 1-1 -e "$config $read1 unlink r; expect r unlinked; expect-silence 100"
holds "unlink of a completed URB" "$server" 1-1 -e "$config $write1 unlink w; expect w unlinked status=0; expect-silence 100"
holds "unlink picks the right one" "$server" 1-1 -e "$config
	$read1 submit s ep=1 dir=in len=64; unlink r; expect r unlinked
	$write1 expect s data=0102ff; expect-silence 100"
holds "source and sink" "$server" 1-2 -e "$config
	submit r ep=1 dir=in len=70000; expect r len=70000 fill=0
	submit w ep=1 dir=out len=70000 fill=0; expect w len=70000
	submit w ep=1 dir=out len=70000 fill=1; expect w status=-32"
holds "control loop 5b/5c" "$server" 1-2 -e "$config
	submit a setup=405b00000000e803 len=1000 pattern; expect a len=1000
	submit a setup=c05c00000000e803; expect a len=1000 pattern"
holds "interrupt loop at low speed" "$server" 1-3 -e "$config
	submit r ep=1 dir=in len=8; expect-silence 50
	submit w ep=1 dir=out data=0011223344556677; expect w; expect r data=0011223344556677"
holds "mouse" "$server" 2-2 -e "$config
	submit a setup=8106002200004000; expect a len=50
	submit r ep=1 dir=in len=4; expect r len=3"
holds "isochronous count" "$server" 1-4 -e "$config
	submit a setup=010b010000000000; expect a
	submit i ep=1 dir=in packets=2:8
	expect i len=16 errors=0 data=00000000040506070100000005060708"
holds "isochronous count, the other way" "$server" 1-4 -e "$config
	submit a setup=010b010000000000; expect a
	submit i ep=1 dir=out packets=2:8 data=00000000040506070100000005060708
	expect i len=16 packets=8:0
	submit j ep=1 dir=out packets=1:8 data=0300000007080910; expect j len=0 errors=1 packets=0:-71"
holds "isochronous packets with holes between them" "$server" 1-4 -e "$config
	submit a setup=010b010000000000; expect a
	submit i ep=1 dir=out packets=2:4:6 data=00000000ffff01000000ffff; expect i len=8 packets=4:0
	submit j ep=1 dir=in packets=2:4:6; expect j len=8 packets=4:0 data=0000000001000000"
holds "isochronous loop" "$server" 1-4 -e "$config
	submit a setup=010b020000000000; expect a
	submit o ep=2 dir=out packets=2:4 data=0102030405060708; expect o len=8
	submit i ep=2 dir=in packets=3:64; expect i len=8 data=0102030405060708"
holds "isochronous errors and short packets" "$server" 2-1 -e "$config
	submit a setup=010b010000000000; expect a
	submit i ep=1 dir=in packets=8:16; expect i len=96 errors=2"
begin=$(date +%s%N)
holds "isochronous at full speed" "$server" 2-3 -e "$config
	submit a setup=010b010000000000; expect a
	submit i ep=1 dir=in packets=200:16; submit j ep=1 dir=in packets=200:16
	expect i len=3200; expect j len=3200"
ms=$((($(date +%s%N) - begin) / 1000000))
if [ $ms -ge 400 ]; then ok "and takes its 400 frames"; else not_ok "and takes its 400 frames, not $ms ms"; fi
holds "unlink of an isochronous URB" "$server" 2-3 -e "$config
	submit a setup=010b010000000000; expect a
	submit i ep=1 dir=in packets=500:16; unlink i; expect i unlinked; expect-silence 600"
stop "data ends well"

# --- bulk-only transport ---------------------------------------------------
# cbw FLAGS LENGTH CDB: 31 bytes; LENGTH little endian, CDB with its length in front
cbw() {
	cdb=$(echo "$3$(printf %032d 0)" | cut -c 1-34)
	echo "submit w ep=1 dir=out data=55534243aabbccdd$2${1}00$cdb; expect w len=31;"
}
csw() { echo "submit s ep=1 dir=in len=13; expect s data=55534253aabbccdd$1;"; }
clear_in="submit h setup=0201000081000000; expect h;"
clear_out="submit h setup=0201000001000000; expect h;"
start storage:size=1,serial=ABC storage:size=1,busid=2-1,speed=super
holds "INQUIRY" "$server" 1-1 -e "$config
	$(cbw 80 24000000 061200000024)
	submit d ep=1 dir=in len=36; expect d len=36; $(csw 0000000000)"
holds "INQUIRY of less than asked for leaves a residue" "$server" 1-1 -e "$config
	$(cbw 80 ff000000 0612000000ff)
	submit d ep=1 dir=in len=255; expect d len=36; $(csw db00000000)"
holds "serial number page" "$server" 1-1 -e "$config
	$(cbw 80 07000000 061201800007)
	submit d ep=1 dir=in len=7; expect d data=00800003414243; $(csw 0000000000)"
holds "READ CAPACITY(10)" "$server" 1-1 -e "$config
	$(cbw 80 08000000 0a25)
	submit d ep=1 dir=in len=8; expect d data=000007ff00000200; $(csw 0000000000)"
holds "WRITE(10), READ(10)" "$server" 2-1 -e "$config
	$(cbw 00 00040000 0a2a0000000010000002)
	submit d ep=1 dir=out len=1024 pattern; expect d len=1024; $(csw 0000000000)
	$(cbw 80 00040000 0a280000000010000002)
	submit d ep=1 dir=in len=1024; expect d len=1024 pattern; $(csw 0000000000)"
holds "unknown command: stall, status 1, sense" "$server" 1-1 -e "$config
	$(cbw 80 08000000 0ae2)
	submit d ep=1 dir=in len=8; expect d status=-32 len=0; $clear_in $(csw 0800000001)
	$(cbw 80 12000000 060300000012)
	submit d ep=1 dir=in len=18; expect d data=700005000000000a00000000200000000000; $(csw 0000000000)"
holds "write beyond the end: stall of the data, status 1" "$server" 1-1 -e "$config
	$(cbw 00 00020000 0a2a0000000800000001)
	submit d ep=1 dir=out len=512 fill=1; expect d status=-32; $clear_out $(csw 0002000001)"
holds "data the host does not expect: phase error" "$server" 1-1 -e "$config
	$(cbw 80 00000000 061200000024) $(csw 0000000002)"
holds "a bad CBW wedges until the class reset" "$server" 1-1 -e "$config
	submit w ep=1 dir=out len=31 fill=7; expect w status=-32
	submit s ep=1 dir=in len=13; expect s status=-32
	$clear_in submit s ep=1 dir=in len=13; expect s status=-32
	submit h setup=21ff000000000000; expect h; $clear_in $clear_out
	$(cbw 00 00000000 06) $(csw 0000000000)"
stop "storage ends well"

# --- the client's own words ------------------------------------------------
start serial
fails "a failure names line and values" "line 3: g: byte 0 of 1 is 0x01, expected 0x02" "$server" 1-1 -e "
	$config
	$getconf expect g data=02"
fails "unknown command" "no command sbmit" "$server" 1-1 -e "sbmit x"
fails "unknown key" "does not know lenght" "$server" 1-1 -e "submit x lenght=3"
fails "time is bounded" "no RET_SUBMIT within 100 ms" -t 100 "$server" 1-1 -e "$config $read1 expect r"
stop "the client's own words end well"

# --- attach-raw ------------------------------------------------------------
: >"$tmp/file"
"$bin/attach-raw" -t 1 tcp "$tmp/file" 5 65538 3 >"$tmp/out" 2>"$tmp/err"
if grep -q '^ok' "$tmp/out" && grep -qE '^5 [0-9]+ 65538 3$' "$tmp/file"; then ok "attach-raw"; else not_ok "attach-raw"; fi
: >"$tmp/file"
"$bin/attach-raw" -t 1 -f '%d %d x' negative "$tmp/file" >"$tmp/out" 2>"$tmp/err"
if grep -q '^-1 -1 x$' "$tmp/file"; then ok "attach-raw with a format"; else not_ok "attach-raw with a format"; fi
if "$bin/attach-raw" unix "$tmp" 1 2 3 >"$tmp/out" 2>"$tmp/err"; then not_ok "attach-raw fails"; else says "attach-raw names the errno" "^errno EISDIR"; fi

finish
