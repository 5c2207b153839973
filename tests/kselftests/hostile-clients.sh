#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Nothing that a client sends costs more than its own connection: the cases of hostile/host.cases.
# timeout 1200
. "$(dirname "$0")/../lib.sh"

[ -x "$sim_dir/usbip-peer" ] || skip "usbip-peer is not built"
load_dummy 5
load_host autobind=1d6b:0104,46f4:0002 || die "usbip-host does not load"
# export NAME FUNCTION UDC: adds it to $devices.
devices=
export_on() {
	gadget "$1$3" 1d6b 0104 "$1" "$2"
	plugged "$1$3" "$3"
	wait_for 20 exported "$busid" || die "$busid is not exported"
	devices="$devices $1=$busid"
}
export_on loop Loopback dummy_udc.0
export_on loop Loopback dummy_udc.1
export_on loop Loopback dummy_udc.2
export_on source SourceSink dummy_udc.3
export_on interrupt hid dummy_udc.4
modprobe xhci_pci
wait_for 20 present 46f4:0002 || skip "no QEMU usb-audio here"
iso=$(busids 46f4:0002)
wait_for 20 exported "$iso" || die "$iso is not exported"
devices="$devices iso=$iso"
# A case fails by any line about another device, and there are more on that controller.
log_rests() { said=$(dmesg | wc -l) && sleep 3 && equals "$(dmesg | wc -l)" "$said"; }
wait_for 60 log_rests || die "the kernel does not stop talking"

# table WHAT OPTION...: one check, and before it the table's own, as KTAP has them.
table() {
	table=$1
	shift
	{
		# shellcheck disable=SC2086 # words
		"$sim_dir/usbip-peer" --table "$tests/hostile/host.cases" "$@" $devices
		echo $? >"$tmp/rc"
	} | sed -u 's/^/    /'
	check "$table" equals "$(cat "$tmp/rc")" 0
}

plan 2
# CASES, a pattern of names, makes it shorter.
table "every case, over TCP" --tcp --only "${CASES:-*}"
# Other sockets than TCP are read by other code; they have no RST.
table "what is about reading, over a UNIX socket" --only \
	"${CASES:-@(command|direction|endpoint [1-9]*|length|packet|pieces|many|header|one)!(*RST)}"
