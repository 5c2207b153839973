#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# When no port is left, usbip-fleet has vhci-hcd make more; from one that cannot, it says so.
# timeout 120
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../fleet/lib.sh"

command -v python3 >/dev/null || skip "python3 is not installed"
plan 4
load_client nports=1 || die "vhci-hcd does not load"
cat >"$fleet_root/etc/usbip/fleet.conf" <<'END'
[server one]
host = 127.0.0.1
port = 3251

[device a]
server = one
busid = 1-1

[device b]
server = one
busid = 1-2

[device c]
server = one
busid = 1-3
END
server one 3251 int:count=3
start_fleet
if [ "$(stat -c %a /sys/module/vhci_hcd/parameters/nports)" = 644 ]; then
	check "all are attached" wait_for 30 all_attached 3
	check "on ports that are there" ports_in_state 3 6
	check "it says why there are more ports" fleet_said 'ports of each kind now, as all 1 USB2 ports are in use'
	check "nobody was attached twice" fleet_said_times 3 ' is on port '
else
	check "one is attached" wait_for 30 all_attached 1
	sleep 2
	check "and no other" all_attached 1
	check "it says why" fleet_said 'all 1 USB2 ports are in use, and this vhci-hcd cannot make more'
	check "once for each" test "$(grep -c 'cannot make more' "$tmp/fleet.log")" -le 2
fi
fleet down
wait_for 20 ports_in_state 0 6
