#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Both drivers under the hammer for SECONDS, and is all well afterwards? hammer.sh SECONDS [SEED]
# Called by vm/hammer.t in a VM. Prints KTAP, and the hammer's table as comments.
# Needs root, a machine to waste, and what the kselftests need.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/debug.sh"

# The kernel that has kmemleak is slow.
if [ -e $kmemleak ]; then
	plan 14
	factor=4
else
	plan 13
	factor=1
fi
seconds=$1
seed=${2:-$(date +%s)}
hammer=$(dirname "$0")/hammer
[ -x "$hammer" ] || skip "hammer is not built"

# The table, the findings, not every line of who was refused.
dmesg -n 5
load_device_drivers
for module in xhci_pci ehci_pci usbhid hid_generic ftdi_sio; do
	modprobe $module || echo "# no $module"
done
echo 0 >/sys/module/usb_storage/parameters/delay_use
load_dummy 4 is_super_speed=1
threads() { ps --ppid 2 -o comm= | awk '!/^(kworker\/|scsi_|usb-storage|kmemleak)/' | sort; }
threads >"$tmp/threads"
load_host || die "usbip-host does not load"
load_client nports=8 || die "vhci-hcd does not load"
gadget_zero zero super-speed
gadget_zero one high-speed
gadget two 1d6b 0104 B2
gadget three 1d6b 0104 C3 Loopback
plug zero dummy_udc.0
plug one dummy_udc.1
plug two dummy_udc.2
plug three dummy_udc.3
start_usbipd
renice -n -10 -p "$usbipd_pid" >"$tmp/renice" # answers in time, whatever the load
start_sim server -p 3300 serial:count=2 serial:speed=full \
	storage:count=2,size=1 storage:speed=super,size=1 \
	bulk:speed=high bulk:speed=super int:speed=low int:speed=full iso:count=2
server=$sim_pid

[ ! -e $kmemleak ] || forget_leaks

"$hammer" -s "$seed" -f $factor -d "$tests/.." "$seconds" >"$tmp/hammer" 2>&1
rc=$?
sed 's/^/# /' "$tmp/hammer"
check "every worker ended, every operation was done" contains "$rc" '^[04]$'
check "no task was in state D for longer than peer_timeout and 5 s, but for a lock" contains "$rc" '^[01]$'

kill "$server" "$usbipd_pid"
usbipd_pid=
nobody_waits() {
	stuck=$(ps -eo pid=,stat=,comm= | awk '$2 ~ /^D/')
	[ -z "$stuck" ] || { echo "$stuck"; return 1; }
}
check "no process is in state D" wait_for 60 nobody_waits
check "vhci-hcd goes" unload vhci-hcd
check "usbip-host goes" unload usbip-host
check "usbip-ext-core goes" unload usbip-ext-core
check "our cache of URBs is gone" fails grep '^vhci_urb' /proc/slabinfo
same_threads() { threads | diff "$tmp/threads" -; }
wait_for 30 same_threads >"$tmp/wait"
check "no thread is left" same_threads

# Everything works as on the first day.
for n in 0 1 2 3; do
	echo connect >/sys/class/udc/dummy_udc.$n/soft_connect 2>"$tmp/connect"
done
for name in zero one two three; do
	[ -z "$(cat "$configfs/$name/UDC")" ] || unplug "$name"
done
load_host || die "usbip-host does not load again"
load_client nports=8 || die "vhci-hcd does not load again"
wait_for 20 empty dummy_udc.0
plugged one dummy_udc.0
wait_for 20 interface_driven_by "$busid" usbtest || die "usbtest does not take $busid"
start_sim again --attach 1 serial:speed=high
check "a simulated device can be attached" wait_for 20 usable 1
check "and works" exercise 1
check "and can be detached" detached 1
imported "$busid"
check "a gadget can be exported and attached" wait_for 20 interface_driven_by "$there" usbtest
usbtest_on imported "$there"
usbtest_case 10 "queued control requests" -c 20 -g 16

usbip detach -p "$(used_ports)"
wait_for 10 ports_in_state 16 4 || die "the port is not free"
unload vhci-hcd usbip-host usbip-ext-core || die "the modules do not go"
# SourceSink and Loopback lose their descriptors each time a gadget is plugged in; usbtest's cases
# 11 and 12 an URB and its buffer when it cannot be submitted.
[ ! -e $kmemleak ] ||
	check "nothing has leaked" no_leaks 'usb_assign_descriptors|unlink1[+].*usbtest'
