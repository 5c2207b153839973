#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# unlink_timeout counts for what is cancelled from now on, whatever older transfers wait for.
# timeout 90
. "$(dirname "$0")/../lib.sh"

plan 4
load_client nports=2 unlink_timeout=3600 || die "vhci-hcd does not load"
echo 600 >/sys/module/usbip_ext_core/parameters/peer_timeout
start_sim sim --attach int:speed=high,bad=unlink-silent
wait_for 20 usable "$(sim_port)" || die "it does not enumerate"

# Two transfers, each cancelled when its time is over; the server says nothing to that.
python3 -B - "$tests/hostile" "$(port_busid "$(sim_port)")" >"$tmp/times" 2>&1 <<-'END' &
	import sys, threading, time
	sys.path.insert(0, sys.argv[1])
	from client_lib import Failure, Usbfs
	def cancelled(fd, name):
	    try:
	        fd.transfer(0x81, 8, 200)
	    except Failure:
	        print(name, time.monotonic() - began, flush=True)
	with Usbfs(sys.argv[2]) as fd:
	    fd.claim()
	    began = time.monotonic()
	    older = threading.Thread(target=cancelled, args=(fd, "older"))
	    older.start()
	    time.sleep(3)
	    with open("/sys/module/vhci_hcd/parameters/unlink_timeout", "w") as f:
	        f.write("3")
	    cancelled(fd, "younger")
	    older.join()
	END
pids="$pids $!"
back() { grep "^$1 " "$tmp/times"; }
check "the younger one is back" wait_for 30 back younger
seconds=$(back younger | cut -d ' ' -f 2)
check "3 s after it was cancelled" contains "$seconds" '^([6-9]|1[0-9])\.'
check "the older one waits" fails back older
detach "$(sim_port)"
check "until its device goes" wait_for 5 back older
