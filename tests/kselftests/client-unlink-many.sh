#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Who cancels one transfer after the other waits for unlink_timeout once, until the server answers
# again; and for all of them half of peer_timeout, as long as each answer may be in coming.
# timeout 90
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip "no python3 on this machine"
[ -x "$sim_dir/usbip-sim" ] || skip "usbip-sim is not built"
plan 11
unload usbtest || die "usbtest is in use" # it would take the device
load_client nports=8 unlink_timeout=2 || die "vhci-hcd does not load"
echo 10 >/sys/module/usbip_ext_core/parameters/peer_timeout

# Seconds that each cancellation of pending transfers takes, a line for each manner of the server.
python3 -B - "$tests/hostile" "$tmp" >"$tmp/took" 2>"$tmp/errors" <<'END'
import sys, time
sys.path.insert(0, sys.argv[1])
from client_lib import INTERRUPT, Ports, Sim, USED, Usbfs, interfaces, wait_for
ports = Ports()
sim = Sim(sys.argv[2], "deaf", ["int:speed=high,bad=unlink-ignore"])
port, name = sim.attached[0]

def there():
    state, busid = ports.now()[port]
    return busid if state == USED and interfaces(busid) else None

def cancel(number):
    urbs = [fd.submit(INTERRUPT, 0x81, 8) for _ in range(number)]
    took = []
    for urb in urbs:
        began = time.monotonic()
        fd.discard(urb)
        took.append(time.monotonic() - began)
        fd.reap(1)
    return took

def show(what, took):
    print(what, *[f"{seconds:.2f}" for seconds in took])

with Usbfs(wait_for(20, "the device enumerates", there)) as fd:
    fd.claim()
    show("ignored", cancel(8))
    sim.tell(f"bad {name} unlink-slow=1000")
    show("late", cancel(1))
    time.sleep(2)  # that answer comes
    show("slow", cancel(1))
    sim.tell(f"bad {name} none")
    show("answered", cancel(4))
sim.stop()

# Of another port; in front of that, what a server should need.
sim = Sim(sys.argv[2], "slow", ["int:speed=high"])
port, name = sim.attached[0]
with Usbfs(wait_for(20, "the device enumerates", there)) as fd:
    fd.claim()
    show("prompt", cancel(32))
    time.sleep(4)
    sim.tell(f"bad {name} unlink-slow=1000")
    took = cancel(16)
    show("each", took)
    show("all", [sum(took)])
    time.sleep(8)  # in which nothing is cancelled
    show("later", cancel(2))
    sim.tell(f"bad {name} unlink-slow=600")
    time.sleep(2)
    took = []
    for _ in range(16):
        time.sleep(0.1)
        took += cancel(1)
    show("pauses", took)
sim.stop()
END
took() { # WHAT FIRST LAST LEAST MOST: the numbers from FIRST to LAST are between LEAST and MOST
	grep "^$1" "$tmp/took"
	awk -v what="$1" -v first="$2" -v last="$3" -v least="$4" -v most="$5" '
		$1 == what { for (i = first; i <= last; i++) n += $(i + 1) >= least && $(i + 1) <= most }
		END { exit n != last - first + 1 }' "$tmp/took"
}
check "all are cancelled" equals "$(cat "$tmp/errors")" ""
check "a server that ignores it: the first gets unlink_timeout" took ignored 1 1 1.9 3
check "  the next seven get a tenth of a second" took ignored 2 8 0 1
check "a server that is late: its time is a tenth of a second, too" took late 1 1 0 0.9
check "  after its answer it gets unlink_timeout again" took slow 1 1 0.9 1.9
check "a server that answers" took answered 1 4 0 0.9
check "another that answers" took prompt 1 32 0 0.9
check "a server that is slow each time: the first get its time" took each 1 2 0.9 1.9
check "  all together little more than half of peer_timeout, not 16 s" took all 1 1 4.9 14
check "  and their time again after a while without" took later 1 2 0.9 1.9
check "a program that does something else in between has its time each time" took pauses 1 16 0.55 1.9
