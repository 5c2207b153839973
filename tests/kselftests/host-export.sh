#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usbip-export changes the driver's rules at once and for the next load, and shows what came of it.
# timeout 150
. "$(dirname "$0")/../lib.sh"

conf=/etc/modprobe.d/usbip-host.conf
export_command() { "$tests/../scripts/usbip-export" "$@"; }
row() { # COMMAND PATTERN
	contains "$(export_command "$1" | grep "^$busid ")" "$2"
}

plan 15
[ ! -e "$conf" ] || skip "$conf is there"
trap 'rm -f "$conf"; finish' EXIT
load_dummy
modprobe usbtest || skip "no usbtest, a driver for the gadget"
load_host || die "usbip-host does not load"
gadget one 0525 a4a0 A1
plugged one dummy_udc.0
wait_for 10 interface_driven_by "$busid" usbtest || die "no driver takes the gadget"

check "a device without a rule" row list ' 0525:a4a0 +A1 +usbtest +no +no rule +usbip-ext gadget one$'
check "a rule can be added, and what goes is said" contains "$(export_command add 525:a4a0)" "^exported: $busid\$"
check "the device is exported at once" exported "$busid"
check "the list says why" row list ' usbip-host +yes +rule 525:a4a0 '
check "modprobe finds the rule" contains "$(modprobe -c)" '^options usbip_host autobind=525:a4a0$'
check "the status says it is available" row status ' available +- '
start_peer one "$busid" "expect-close 30000"
check "the status says who is connected" row status ' in use +127\.0\.0\.1:[0-9]+ +[0-9]+ s +0 B +0 B +0 '
kill "$peer_pid"
check "and that it has left" wait_for 10 row status ' available '
check "what is kept here is said" export_command add '!0525:a4a0:A1'
check "the device has its own driver" interface_driven_by "$busid" usbtest
check "the list says why" row list ' usbtest +no +rule !0525:a4a0:A1 '
check "that rule can be removed" export_command remove '!0525:a4a0:A1'
check "the device is exported again" exported "$busid"
check "so can the other" export_command remove 0525:a4a0
check "the device has its own driver" interface_driven_by "$busid" usbtest
