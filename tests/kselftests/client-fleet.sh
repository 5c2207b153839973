#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usbip-fleet attaches what it is to and keeps it attached: replug, server killed, daemon restarted.
# timeout 240
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../fleet/lib.sh"

command -v python3 >/dev/null || skip "python3 is not installed"
plan 28
load_client nports=8 || die "vhci-hcd does not load"
load_device_drivers
cat >"$fleet_root/etc/usbip/fleet.conf" <<'END'
[server one]
host = 127.0.0.1
port = 3251

[server dead]
host = 127.0.0.1
port = 3259

[device mouse]
server = one
busid = 2-1

[device board-c]
server = one
id = 1209:0001
serial = C

[device board-a]
server = one
id = ffff:0001 1209:*
serial = A
port = 5

[device elsewhere]
server = dead
busid = 1-1
END
server one 3251 int:speed=full,busid=2-1 serial:serial=A,busid=1-1 serial:serial=B,busid=1-2 \
	serial:serial=C,busid=1-3 serial:serial=D,busid=1-4
log_mark
start_fleet
check "what is offered is attached" attached mouse
check "a board is found by its serial number" attached board-c
check "another one, too" attached board-a
check "it is the one with that number" equals "$(attribute "$(here board-c)" serial)" C
check "so is the other" equals "$(attribute "$(here board-a)" serial)" A
check "and on the port that it is to have" equals "$(port_of board-a)" 5
check "those with other numbers are with their server again" wait_for 10 ports_in_state 3 6
sleep 3
asked() { kernel_since | grep -c "SerialNumber: $1\$"; }
check "they are asked" test "$(asked B)" -eq 1
check "once at most" test "$(asked D)" -le 1
check "the status has it all" contains "$(fleet status)" \
	'^board-c +attached +one +1-3 +[0-9]+ +[0-9]+-[0-9]+ +[0-9]+ s +0 +/dev/ttyACM'
check "also for programs" python3 -c 'import json, sys
boards = {d["name"]: d for d in json.loads(sys.argv[1])["devices"]}
assert boards["board-a"]["port"] == 5 and boards["elsewhere"]["state"] == "no server"' "$(fleet status --json)"
check "usbip port lists them" contains "$(usbip port)" 'usbip://127.0.0.1:3251/1-3'

there=$(devnum_of mouse)
tell one unplug 1-3
check "an unplugged device goes" wait_for 20 not_attached board-c
sleep 2
now_cs
plugged=$now_cs
tell one plug 1-3
taken() { grep -q '"1-3"' "$fleet_root"/run/usbip-fleet/ports/*; }
check "plugged in again, it is taken within 2 s" soon 2 "$plugged" taken
check "and is what it was" attached board-c
check "that is counted" contains "$(fleet status board-c)" ' s +1 '

stop_fleet TERM
check "the daemon ends and leaves devices attached" ports_in_state 3 6
start_fleet
check "started again, it adopts them" fleet_said 'mouse: port [0-9]+, as before'
stop_fleet KILL
start_fleet
sleep 2
check "killed and started again, too" fleet_said_times 2 'mouse: port [0-9]+, as before'
check "the device has not noticed" equals "$(devnum_of mouse)" "$there"

kill_server one
check "a server that is killed loses its devices" wait_for 30 all_attached 0
sleep 3
start_server one
now_cs
check "back, it has them all attached within 5 s" soon 5 "$now_cs" all_attached 3

there=$(devnum_of mouse)
sed -i '/^\[device board-a\]/,/^$/d' "$fleet_root/etc/usbip/fleet.conf"
printf '[device late]\nserver = one\nbusid = 1-2\n' >"$fleet_root/etc/usbip/fleet.d/late.conf"
kill -HUP "$fleet_pid"
check "a new configuration attaches what is new" attached late
check "and detaches what is not there any more" wait_for 10 port_is 5 4
check "and nothing else" equals "$(devnum_of mouse)" "$there"
check "down detaches" fleet down late
wait_for 10 ports_in_state 2 6 || die "late is not detached"
sleep 3
check "for as long as it is down" state_is late down
check "up attaches" fleet up --wait 30 late
