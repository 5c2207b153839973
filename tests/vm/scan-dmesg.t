#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# TAP test of scan-dmesg: finds each kind of complaint, and nothing in a clean log.
# Called by prove, or by hand.
# Needs nothing but scan-dmesg.
set -eu

here=$(dirname "$(readlink -f "$0")")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
n=0

# expect CODE WHAT FILE...: one test; scan-dmesg's words are kept in $tmp/words.
expect() {
	want=$1 what=$2
	shift 2
	n=$((n + 1)) rc=0
	"$here/scan-dmesg" "$@" >"$tmp/words" 2>&1 || rc=$?
	[ "$rc" -eq "$want" ] || { echo "# exit $rc, not $want"; printf 'not '; }
	echo "ok $n - $what"
}

# Real kernel lines, one kind of complaint each.
cat >"$tmp/complaints" <<'LINES'
BUG: kernel NULL pointer dereference, address: 0000000000000008
BUG: unable to handle page fault for address: ffffc90000a3f000
Unable to handle kernel paging request at virtual address dead000000000110
kernel BUG at mm/slub.c:435!
BUG: scheduling while atomic: kworker/0:1/12/0x00000002
BUG: sleeping function called from invalid context at mm/slab.h:494
BUG: Bad page state in process usbipd  pfn:0abcd
BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 31s!
BUG kmalloc-64 (Tainted: G           OE     ): Objects remaining in slab on __kmem_cache_shutdown()
------------[ cut here ]------------
WARNING: CPU: 1 PID: 212 at drivers/usb/core/urb.c:503 usb_submit_urb+0x5b9/0x660
Oops: 0000 [#1] PREEMPT SMP NOPTI
general protection fault, probably for non-canonical address 0xdead000000000108: 0000 [#1] SMP
invalid opcode: 0000 [#1] PREEMPT SMP
divide error: 0000 [#1] SMP
traps: PANIC: double fault, error_code: 0x0
Call Trace:
Kernel panic - not syncing: Fatal exception in interrupt
WARNING: possible circular locking dependency detected
WARNING: possible recursive locking detected
WARNING: possible irq lock inversion dependency detected
WARNING: inconsistent lock state
WARNING: suspicious RCU usage
WARNING: held lock freed!
WARNING: lock held when returning to user space!
WARNING: bad unlock balance detected!
[ BUG: Invalid wait context ]
DEBUG_LOCKS_WARN_ON(lock->magic != lock)
INFO: trying to register non-static key.
INFO: task usb-storage:231 blocked for more than 120 seconds.
watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [usbip:301]
NMI watchdog: Watchdog detected hard LOCKUP on cpu 1
rcu: INFO: rcu_preempt self-detected stall on CPU
rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 1-... } 21 jiffies
BUG: KASAN: use-after-free in usb_hcd_giveback_urb+0x1f/0x40
BUG: KASAN: slab-out-of-bounds in memcpy+0x3a/0x60
UBSAN: array-index-out-of-bounds in drivers/usb/core/hub.c:1234:12
BUG: KFENCE: use-after-free read in kfree_skb+0x10/0x20
BUG: KCSAN: data-race in vhci_urb_enqueue [vhci_hcd] / conn_tx_work [usbip_ext_core]
BUG: KCSAN: data-race in conn_tx_work [usbip_ext_core] / tcp_ack
BUG: KCSAN: data-race in tcp_ack / usbipx_conn_moved [usbip_ext_core]
BUG: KCSAN: data-race in host_charge_urb [usbip_host]
kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
ODEBUG: free active (active state 0) object type: timer_list hint: 0x0
refcount_t: underflow; use-after-free.
refcount_t: addition on 0; use-after-free.
list_add corruption. prev->next should be next (ffff888004b4c0c8), but was 0000000000000000.
list_del corruption, ffff888004b4c0c8->next is LIST_POISON1 (dead000000000100)
kmem_cache_destroy usbipx_urb: Slab cache still has objects
sysfs: cannot create duplicate filename '/devices/platform/vhci_hcd.0'
kworker/0:2: page allocation failure: order:4, mode:0xcc0(GFP_KERNEL), nodemask=(null)
Out of memory: Killed process 301 (python3) total-vm:812344kB
irq 16: nobody cared (try booting with the "irqpoll" option)
unregister_netdevice: waiting for eth0 to become free. Usage count = 2
LINES
while IFS= read -r line; do
	printf '[    1.000000] usbcore: clean\n[   12.345678] %s\n' "$line" >"$tmp/one"
	expect 1 "finds: $line" "$tmp/one"
	n=$((n + 1))
	[ "$(cat "$tmp/words")" = "$tmp/one:2:[   12.345678] $line" ] || printf 'not '
	echo "ok $n - and says where"
done <"$tmp/complaints"

cat >"$tmp/clean" <<'LINES'
[    0.000000] Command line: console=ttyS0,115200 loglevel=7 panic=-1
[    0.000000] BIOS-provided physical RAM map:
[    0.010000] rcu: Hierarchical RCU implementation.
[    0.030000] rcu: RCU debug extended QS entry/exit.
[    0.040000] DMA-API: preallocated 65536 debug entries
[    0.050000] kmemleak: Kernel memory leak detector initialized
[    1.000000] usb usb1: We don't know the algorithms for LPM for this host, disabling LPM.
[    1.100000] usbip_ext_core: loading out-of-tree module taints kernel.
[    1.200000] foo: DEBUG: chatty
[    1.315378] BUG: KCSAN: data-race in lapic_cal_handler / setup_boot_APIC_clock
[    2.000000] vhci_hcd: connection reset by peer
[    2.100000] usb 1-1: device descriptor read/64, error -71
LINES
expect 0 "a clean log" "$tmp/clean"
expect 1 "one bad log among clean ones" "$tmp/clean" "$tmp/one" "$tmp/clean"
: >"$tmp/empty"
expect 2 "an empty file" "$tmp/empty"
expect 2 "an empty file behind a bad one" "$tmp/one" "$tmp/empty"
expect 2 "a missing file" "$tmp/missing"
expect 2 "no file"
printf 'binary \001\000 noise\n[    1.0] BUG: after it\n' >"$tmp/binary"
expect 1 "a complaint behind binary noise" "$tmp/binary"
echo "1..$n"
