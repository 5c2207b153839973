#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# nports is raised and lowered while a device is attached and busy: it and its number stay, the stock
# tools are right at all times, and no port that is in use goes.
# timeout 300
. "$(dirname "$0")/../lib.sh"

command -v usbip >/dev/null || skip "usbip is not installed"
plan 54
load_client nports=8 || die "vhci-hcd does not load"
# 8 ports have a controller of 8, and what is added has its own: 56, 64 and 272 more.
pairs=$(((63 - $(find /sys/bus/usb/devices -name 'usb*' | wc -l)) / 2))
[ $pairs -ge 28 ] || skip "$pairs pairs of free bus numbers are too few for 400 devices"
load_device_drivers
start_sim server -p 3240 storage:speed=super,size=1
usbip attach -r 127.0.0.1 -b 1-1 || die "it cannot be attached"
wait_for 20 usable 8 || die "it does not enumerate: $(port_line 8)"
printed=$(usbip port 2>/dev/null)
contains "$printed" '^Port 08: <Port in Use> at Super' || die "usbip port says: $printed"
line=$(port_line 8)

# Both go on as long as this test, and leave a word of every failure.
while :; do
	exercise 8 >"$tmp/io" 2>&1 || { cat "$tmp/io" >>"$tmp/io.failed"; sleep 1; }
	echo once >>"$tmp/io.done"
done &
pids="$pids $!"
# It is the first; the one on port 255, which comes and goes, has no record of the tools.
port_is_right() {
	usbip port >"$tmp/port" 2>"$tmp/port.err" || return 1
	case $(cat "$tmp/port") in
	"$printed") [ ! -s "$tmp/port.err" ] ;;
	"$printed
Port 255: "*) equals "$(grep -c ^Port "$tmp/port")" 2 ;;
	*) return 1 ;;
	esac
}
while :; do
	port_is_right || cat "$tmp/port.err" "$tmp/port"
	echo once >>"$tmp/port.done"
done >"$tmp/port.failed" 2>&1 &
pids="$pids $!"

count() { wc -l <"$1"; }
more() { [ "$(count "$1")" -gt "$2" ]; } # FILE LINES
goes_on() { # NAME: it has been done again, and never in vain
	wait_for 60 more "$tmp/$1.done" $(($(count "$tmp/$1.done") + 1)) &&
		! grep . "$tmp/$1.failed"
}
numbers() { status_lines | awk '{ print $2 + 0 }' | sort -n; }
controllers() { find /sys/devices/platform -maxdepth 1 -name 'vhci_hcd.*' | wc -l; }
: >"$tmp/io.failed"
wait_for 60 more "$tmp/io.done" 0 || die "no I/O"
wait_for 60 more "$tmp/port.done" 0 || die "no usbip port"

# now_there_are N CONTROLLERS: seven checks.
now_there_are() {
	check "there are $1 now" equals "$(cat "$nports") $(cat "$vhci/nports")" "$1 $((2 * $1))"
	check "each port below $((2 * $1)) is listed once" equals "$(numbers)" "$(seq 0 $((2 * $1 - 1)))"
	check "half of them are USB2" equals "$(status_lines | grep -c '^hs')" "$1"
	check "each of $2 controllers has a status file" equals \
		"$(controllers) $(find "$vhci" -name 'status*' | wc -l)" "$2 $2"
	check "the device is where it was" equals "$(port_line 8)" "$line"
	check "usbip port was always right" goes_on port
	check "the device works all the time" goes_on io
}
for step in 64:5 128:10 400:29; do
	check "raised to ${step%:*}" set_nports "${step%:*}"
	now_there_are "${step%:*}" "${step#*:}"
done
start_sim last --attach 255 int:speed=super
check "a port that was added takes a device" wait_for 20 usable 255
check "which works" exercise 255

log_mark
check "not lowered to 100: it would lose its port" fails set_nports 100
check "the answer is EBUSY" answers "errno EBUSY" "$nports" 100
check "one line a time names the port" kernel_said_times 2 'nports=100: port 255 is in use$'
now_there_are 400 29
check "it works as before" exercise 255
check "its port is free again" detached 255

for step in 128:10 20:2; do
	check "lowered to ${step%:*}" set_nports "${step%:*}"
	now_there_are "${step%:*}" "${step#*:}"
done
