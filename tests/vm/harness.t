#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# TAP test of the VM harness itself: VMs that do well, fail, complain, die and hang; a build; a pair.
# Called by prove (harness.t :: SUITE for another suite), or by hand; takes about a minute and a half once the root is cached.
# Needs what root, build, run and pair need.
set -eu

here=$(dirname "$(readlink -f "$0")")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
root=$("$here/root" "$@")
share=$tmp/share
n=0

# script NAME: puts standard input into the share as an executable script.
script() {
	mkdir -p "$share"
	{ printf '#!/bin/sh -eu\n'; cat; } >"$share/$1"
	chmod +x "$share/$1"
}

# under COMMAND...: runs it; its exit code in $rc, its streams in $tmp/words and errors.
under() {
	rc=0
	"$@" >"$tmp/words" 2>"$tmp/errors" || rc=$?
}

vm() {
	under "$here/run" -n t -t 60 -l "$tmp/log" -s "$share" "$@"
}

# ok WHAT CONDITION...: one test.
ok() {
	what=$1
	shift
	n=$((n + 1))
	if ! "$@"; then
		echo "# exit $rc; false: $*"
		tail -n 20 "$tmp/words" "$tmp/errors" "$tmp"/log/*.console | sed 's/^/# /'
		printf 'not '
	fi
	echo "ok $n - $what"
}

said() { grep -q -e "$1" "$tmp/words"; }
not_said() { ! said "$1"; }
erred() { grep -q -e "$1" "$tmp/errors"; }
left() { pgrep -f "path=$tmp/log/out," >"$tmp/left"; }
none_left() { ! left; }

script well <<'GUEST'
echo "$# $1 $2"
echo error >&2
hostname
id -u
ls -d /proc/1 /sys/kernel/debug/bdi /dev/pts/ptmx
touch /usr/bin/written /tmp/written
ping -c 1 127.0.0.1 >/out/ping
modprobe xhci_pci
lsusb
printf 'no newline'
GUEST
vm "$root" /usbip-ext/well "it's" 'two  words'
ok 'a script that does well: exit 0' [ "$rc" -eq 0 ]
ok 'its arguments reach it, its streams come out' [ "$(head -n 4 "$tmp/words")" = "2 it's two  words
error
t
0" ]
ok 'the last line too, and no token' [ "$(tail -n 1 "$tmp/words")" = 'no newline' ]
ok '/out is the log folder'"'s" [ -s "$tmp/log/out/ping" ]
ok 'the xHCI is there' said 'root hub'
ok 'the console is logged' grep -q 'Linux version' "$tmp/log/t.console"
ok 'what it writes is not in the root' [ ! -e "$root/usr/bin/written" ]

script fails <<'GUEST'
exit 4
GUEST
vm "$root" /usbip-ext/fails
ok "a script's exit code" [ "$rc" -eq 4 ]

script complains <<'GUEST'
echo 'WARNING: CPU: 0 PID: 1 at nowhere' >/dev/kmsg
GUEST
vm "$root" /usbip-ext/complains
ok 'a kernel complaint: 126' [ "$rc" -eq 126 ]
ok 'and where it is' erred "^$tmp/log/t.console:[0-9]*:.*at nowhere"

script dies <<'GUEST'
echo c >/proc/sysrq-trigger
GUEST
vm "$root" /usbip-ext/dies
ok 'a VM that dies: 125' [ "$rc" -eq 125 ]
ok 'and why' erred 'Kernel panic'

script leaves <<'GUEST'
busybox poweroff -f
GUEST
vm "$root" /usbip-ext/leaves
ok 'a VM that ends early: 125' [ "$rc" -eq 125 ]

script hangs <<'GUEST'
echo here
sleep 1000
GUEST
vm -t 40 "$root" /usbip-ext/hangs
ok 'a script without end: 124' [ "$rc" -eq 124 ]
ok 'what it said until then' said here
ok 'no QEMU left' none_left

vm "$root" /bin/true -- -no-such-option
ok 'QEMU does not start: 125' [ "$rc" -eq 125 ]

"$here/run" -l "$tmp/log" -s "$share" "$root" /usbip-ext/hangs >"$tmp/words" 2>"$tmp/errors" &
until left; do
	sleep 0.1
done
kill $!
tries=0
while left && [ $tries -lt 50 ]; do
	tries=$((tries + 1))
	sleep 0.1
done
ok 'run is terminated, and its QEMU with it' none_left
rc=0
wait $! || rc=$?
ok 'its exit code says so' [ "$rc" -eq 143 ]

# A tree like the project's, with one module that shadows a stock one.
mkdir -p "$tmp/repo/tests/vm" "$tmp/repo/vhci-ext"
cp "$here"/* "$tmp/repo/tests/vm"
git init -q "$tmp/repo"
echo 'obj-m := vhci-ext/' >"$tmp/repo/Kbuild"
echo 'obj-m := vhci-hcd.o' >"$tmp/repo/vhci-ext/Kbuild"
cat >"$tmp/repo/vhci-ext/vhci-hcd.c" <<'C'
#include <linux/module.h>
MODULE_LICENSE("GPL");
C
printf 'programs:\n\techo "int main(void) { return 0; }" | gcc -x c -o program -\n' \
	>"$tmp/repo/tests/Makefile"
share=$tmp/built
under "$tmp/repo/tests/vm/build" "$root" "$share"
ok 'modules are built' [ -s "$share/vhci-ext/vhci-hcd.ko" ]
ok 'programs are built' [ -x "$share/tests/program" ]
mkdir "$tmp/precious"
under "$tmp/repo/tests/vm/build" "$root" "$tmp/precious"
ok 'a folder not made by build is not replaced' [ "$rc" -eq 1 ]

script modules <<'GUEST'
. /usbip-ext/tests/vm/guest-lib.sh
/usbip-ext/tests/program
insmod /usbip-ext/vhci-ext/vhci-hcd.ko
rmmod vhci-hcd
use_ours
use_ours
modinfo -n vhci-hcd
modprobe vhci-hcd
[ ! -e /sys/module/usbip_core ]
use_stock
modinfo -n vhci-hcd
modprobe vhci-hcd
[ -e /sys/module/usbip_core ]
GUEST
vm "$root" /usbip-ext/modules
ok 'both sets of modules load' [ "$rc" -eq 0 ]
ok 'use_ours takes ours' said '/updates/dkms/vhci-hcd.ko'
ok 'use_stock takes the stock' said '/kernel/drivers/usb/usbip/vhci-hcd.ko'

script pings <<'GUEST'
. /usbip-ext/tests/vm/guest-lib.sh
await up 60
ping -c 1 10.0.0.2
mark pinged
GUEST
script answers <<'GUEST'
. /usbip-ext/tests/vm/guest-lib.sh
mark up
await pinged 60
GUEST
under "$here/pair" -s "$share" -l "$tmp/log" -t 60 "$root" /usbip-ext/pings /usbip-ext/answers
ok 'a pair that does well: exit 0' [ "$rc" -eq 0 ]
ok 'they reach each other' said '^pi| 1 packets transmitted, 1 received'

script awaits <<'GUEST'
. /usbip-ext/tests/vm/guest-lib.sh
await nothing 1
GUEST
script stays <<'GUEST'
sleep 1000
GUEST
under "$here/pair" -A a -B b -s "$share" -l "$tmp/log" -t 60 "$root" /usbip-ext/stays /usbip-ext/awaits
ok 'one of a pair fails: its exit code' [ "$rc" -eq 1 ]
ok 'and the reason' said '^b| await: no mark nothing within 1 s'
ok 'the other is stopped' not_said 'not done after'
ok 'no QEMU left' none_left

echo "1..$n"
