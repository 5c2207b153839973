#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usbip-fleet with the kernel's own vhci-hcd: attach, replug, server killed, daemon restarted, no more ports.
# timeout 240
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../fleet/lib.sh"

command -v python3 >/dev/null || skip "python3 is not installed"
plan 11
load_stock_client
load_device_drivers
cat >"$fleet_root/etc/usbip/fleet.conf" <<'END'
[server one]
host = 127.0.0.1
port = 3251

[device mouse]
server = one
busid = 2-1

[device board]
server = one
id = 1209:0001
serial = B

[device nowhere]
server = one
busid = 2-2
port = 9999
END
server one 3251 int:speed=full,busid=2-1 serial:serial=A,busid=1-1 serial:serial=B,busid=1-2 \
	int:busid=2-2
start_fleet
check "what is offered is attached" attached mouse
check "a board is found by its serial number" attached board
check "it is the one with that number" equals "$(attribute "$(here board)" serial)" B
check "usbip port lists it" contains "$(usbip port)" 'usbip://127.0.0.1:3251/1-2'
check "a port that there is not is said in words" contains "$(fleet status nowhere)" \
	'port 9999 is no USB2 port'
there=$(devnum_of mouse)
tell one unplug 1-2
check "an unplugged device goes" wait_for 20 not_attached board
tell one plug 1-2
check "and comes again" attached board
stop_fleet KILL
start_fleet
check "killed and started again, it adopts them" fleet_said 'mouse: port [0-9]+, as before'
check "the device has not noticed" equals "$(devnum_of mouse)" "$there"
kill_server one
wait_for 30 all_attached 0 || die "the server is dead and has devices"
start_server one
now_cs
check "a server that is back has its devices within 5 s" soon 5 "$now_cs" all_attached 2
fleet down
check "down detaches them" wait_for 20 ports_in_state 0 6
