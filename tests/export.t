#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usbip-export on a sample machine: a tree with the files of sysfs, /proc and /etc; TAP.
# Called by tests/check through prove, or by hand; takes seconds.
# Needs what usbip-export needs. With the real driver: kselftests/host-export.sh.
set -eu

command=$(dirname "$(dirname "$(readlink -f "$0")")")/scripts/usbip-export
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
root=$tmp/root
bus=$root/sys/devices/platform/bus/usb1
conf=$root/etc/modprobe.d/usbip-host.conf
parameter=$root/sys/module/usbip_host/parameters/autobind
n=0
# shellcheck source=tap.sh
. "$(dirname "$(readlink -f "$0")")/tap.sh"

# device BUSID VID PID SERIAL PRODUCT [INTERFACE=DRIVER]...: a device, and what binds to it.
device() {
	path=$bus/$1
	busid=$1
	mkdir -p "$path"
	echo "$2" >"$path/idVendor"
	echo "$3" >"$path/idProduct"
	[ -z "$4" ] || echo "$4" >"$path/serial"
	[ -z "$5" ] || echo "$5" >"$path/product"
	echo 00 >"$path/bDeviceClass"
	ln -s "$path" "$root/sys/bus/usb/devices/$busid"
	driver "$path" usb
	shift 5
	for pair; do
		mkdir -p "$path/$busid:${pair%=*}"
		ln -s "$path/$busid:${pair%=*}" "$root/sys/bus/usb/devices/$busid:${pair%=*}"
		driver "$path/$busid:${pair%=*}" "${pair#*=}"
	done
}
driver() { # PATH NAME
	mkdir -p "$root/sys/bus/usb/drivers/$2"
	ln -sfn "$root/sys/bus/usb/drivers/$2" "$1/driver"
	ln -sfn "$1" "$root/sys/bus/usb/drivers/$2/${1##*/}"
}
# exported BUSID STATUS
exported() {
	driver "$bus/$1" usbip-host
	echo "$2" >"$bus/$1/usbip_status"
}
# disk NAME NUMBER PATH: a block device that is a part of PATH.
disk() {
	mkdir -p "$3/block/$1/holders" "$root/sys/class/block"
	echo "$2" >"$3/block/$1/dev"
	ln -s "$3/block/$1" "$root/sys/class/block/$1"
}
mounted() { # NUMBER PLACE SOURCE
	echo "25 1 $1 / $2 rw,relatime shared:1 - ext4 $3 rw" >>"$root/proc/self/mountinfo"
}

# A Pi with two FTDI boards, a hub, a stick, a network card and a keyboard.
machine() {
	rm -rf "$root"
	mkdir -p "$root/sys/bus/usb/devices" "$root/proc/self" "$root/etc" "$root/sys/class/net" \
		"$root/sys/class/tty" "$bus"
	: >"$root/proc/self/mountinfo"
	echo 1d6b >"$bus/idVendor"
	ln -s "$bus" "$root/sys/bus/usb/devices/usb1"
	device 1-1 2109 3431 '' 'USB2.0 Hub' 1.0=hub
	echo 09 >"$bus/1-1/bDeviceClass"
	device 1-1.1 0403 6001 A50285BI 'FT232R USB UART' 1.0=ftdi_sio
	device 1-1.2 0403 6010 '' 'Dual RS232-HS' 1.0=ftdi_sio 1.1=ftdi_sio
	device 1-1.3 0781 5581 4C530001 'Ultra' 1.0=usb-storage
	device 1-1.4 0bda 8153 '' 'USB 10/100/1000 LAN' 1.0=r8152
	device 1-1.5 046d c31c '' 'USB Keyboard' 1.0=usbhid
}
# The driver is loaded, with these rules.
loaded() {
	mkdir -p "$root/sys/bus/usb/drivers/usbip-host" "$(dirname "$parameter")"
	echo "$1" >"$parameter"
	echo "${2-}" >"$root/sys/bus/usb/drivers/usbip-host/match_busid"
}
configured() {
	mkdir -p "$(dirname "$conf")"
	printf '%b' "$1" >"$conf"
}

# run WORD...: exit code in $rc, both streams in $tmp/words.
run() { try "$command" -r "$root" "$@"; }
ends() { [ $rc -eq "$1" ]; }
says() { grep -qF -- "$1" "$tmp/words"; }
# row FIELD...: a line of the table with these columns.
row() {
	line=$(printf '%s  ' "$@")
	sed 's/   */  /g; s/$/  /' "$tmp/words" | grep -qxF -- "$line"
}
conf_is() { printf '%b' "$1" | cmp -s - "$conf"; }
no_control_characters() {
	says 'USB?Hub?31m?2J.' && ! LC_ALL=C grep -q "$(printf '[\001-\010\016-\037\177]\|\302[\200-\237]')" "$tmp/words"
}
rules_are() { [ "$(cat "$parameter")" = "$1" ]; }

# --- list -------------------------------------------------------------------------

machine
run list
ok 'list: a hub' row 1-1 2109:3431 - hub no 'is a hub' 'USB2.0 Hub'
printf 'USB\177Hub\03331m\302\2332J.\n' >"$bus/1-1/product"
run list
ok 'list: a device that nothing exports' row 1-1.1 0403:6001 A50285BI ftdi_sio no 'no rule' 'FT232R USB UART'
ok 'list: a device with several interfaces' row 1-1.2 0403:6010 - ftdi_sio no 'no rule' 'Dual RS232-HS'
ok 'list: nothing that a terminal obeys' no_control_characters
ok 'list: no root hub' eval '! says usb1'
ok 'list ends with 0' ends 0

configured 'options usbip-host autobind=0403:6001\n'
run list
ok 'list: a rule, and the driver is not there' row 1-1.1 0403:6001 A50285BI ftdi_sio no 'usbip-host is not loaded' 'FT232R USB UART'

loaded '!0403:6001,403,*:5581'
exported 1-1.2 1
exported 1-1.3 2
run list
ok 'list: exported by a rule, which is shown as it was written' row 1-1.2 0403:6010 - usbip-host yes 'rule 403' 'Dual RS232-HS'
ok 'list: in use' row 1-1.3 0781:5581 4C530001 usbip-host 'in use' 'rule *:5581' Ultra
ok 'list: kept by a rule' row 1-1.1 0403:6001 A50285BI ftdi_sio no 'rule !0403:6001' 'FT232R USB UART'
loaded '0403' '1-1.3 '
exported 1-1.4 1
run list
ok 'list: bound with usbip bind' row 1-1.3 0781:5581 4C530001 usbip-host 'in use' 'usbip bind' Ultra
ok 'list: unbound though a rule fits' row 1-1.1 0403:6001 A50285BI ftdi_sio no 'usbip unbind' 'FT232R USB UART'
ok 'list: bound without a word' row 1-1.4 0bda:8153 - usbip-host yes 'bound by hand' 'USB 10/100/1000 LAN'
mkdir -p "$root/sys/devices/platform/vhci_hcd.0/usb5"
mv "$bus/1-1.5" "$root/sys/devices/platform/vhci_hcd.0/usb5/5-1"
ln -sfn "$root/sys/devices/platform/vhci_hcd.0/usb5/5-1" "$root/sys/bus/usb/devices/5-1"
run list
ok 'list: what comes from another machine' row 5-1 046d:c31c - - no 'comes from another machine' 'USB Keyboard'

# --- rules as the driver reads them -------------------------------------------------

machine
for rule in 0403:6001:A50285BI 403:6001 '*:6001' '*:*:A50285BI' '0403:*' 0403:6001:'*' '*'; do
	loaded "$rule"
	run list
	ok "list: $rule fits" row 1-1.1 0403:6001 A50285BI ftdi_sio no 'usbip unbind' 'FT232R USB UART'
done
for rule in 0403:6001:a50285bi 0403:6001:A50285B 0403:6010 0404 '*:6002'; do
	loaded "$rule"
	run list
	ok "list: $rule does not" row 1-1.1 0403:6001 A50285BI ftdi_sio no 'no rule' 'FT232R USB UART'
done

# --- add and remove -----------------------------------------------------------------

machine
loaded ''
run add 0403:6001
ok 'add: the driver has the rule' rules_are 0403:6001
ok 'add: so has the next boot' conf_is 'options usbip-host autobind=0403:6001\n'
ok 'add: says nothing of what has not gone' eval '! says exported:'
ok 'add ends with 0' ends 0
run add 403:6001
ok 'add: a rule that is there stays alone' rules_are 0403:6001
ok 'add: that is no error' ends 0
run add 0403:6010
ok 'add: behind the others' rules_are 0403:6001,0403:6010
run add '!0403:6001:A50285BI'
ok 'add: what is kept here goes before the others' rules_are '!0403:6001:A50285BI,0403:6001,0403:6010'
ok 'add: in the file, too' conf_is 'options usbip-host autobind=!0403:6001:A50285BI,0403:6001,0403:6010\n'
run remove 403:6010
ok 'remove: a rule in the midst or at the end' rules_are '!0403:6001:A50285BI,0403:6001'
run remove 0403:6010
ok 'remove: what is no rule ends with 1' ends 1
ok 'remove: and says which there are' says 'the rules are: !0403:6001:A50285BI,0403:6001'
run remove '!0403:6001:A50285BI'
run remove 0403:6001
ok 'remove: the last one' rules_are ''
ok 'remove: the file holds none' conf_is ''

configured '# mine\noptions usbip-host client_memory_mb=32 autobind=0403 foo=1\noptions usbcore quirks=x\n'
loaded 0403
run add 2341
ok 'add: other options and lines stay' conf_is '# mine\noptions usbip-host client_memory_mb=32 foo=1 autobind=0403,2341\noptions usbcore quirks=x\n'
run remove 0403
run remove 2341
ok 'remove: other options stay' conf_is '# mine\noptions usbip-host client_memory_mb=32 foo=1\noptions usbcore quirks=x\n'
loaded ''
run add '0403:6001:A B'
ok 'add: a serial number with a space' conf_is '# mine\noptions usbip-host client_memory_mb=32 foo=1\noptions usbcore quirks=x\noptions usbip-host autobind="0403:6001:A B"\n'
run add 2341
ok 'add: it is read again' rules_are '0403:6001:A B,2341'

machine
configured 'options usbip-host autobind=!0403:6001,0403\n'
loaded 403
run add 2341
ok 'add: refuses to drop a rule that the file has got since' ends 1
ok 'add: and says which' says ': !0403:6001, which the driver has not got'
ok 'add: and changes nothing' rules_are 403
ok 'add: nor the file' conf_is 'options usbip-host autobind=!0403:6001,0403\n'
run --force add 2341
ok 'add: --force drops it' conf_is 'options usbip-host autobind=403,2341\n'

machine
configured 'options usbip-host autobind="0403:6001:A B"\n'
run add 2341
ok 'add: what is in the file is read when the driver is not there' conf_is 'options usbip-host autobind="0403:6001:A B,2341"\n'
configured 'options usbip-host autobind=0403\n'
chmod 600 "$conf"
mv "$conf" "$tmp/elsewhere"
ln -s "$tmp/elsewhere" "$conf"
run add 2341
ok 'add: a link stays one' test -L "$conf"
ok 'add: what it points to is changed' conf_is 'options usbip-host autobind=0403,2341\n'
ok 'add: and keeps its mode' test "$(stat -c %a "$tmp/elsewhere")" = 600
for text in 'options usbip-host autobind=0403 \\\n  client_memory_mb=32\n' \
	'options usbip-host \\\n  autobind=0403\n' \
	'options usbip-host autobind=0403 autobind=2341\n' \
	'options usbip-host autobind=0403\noptions usbip_host autobind=2341\n' \
	'options usbip-host "autobind=0403:6001:A B"\n'; do
	machine
	loaded 1234
	configured "$text"
	run add 0781
	ok "add: leaves alone what it cannot read: $text" conf_is "$text"
	ok 'add: that ends with 2' ends 2
	ok 'add: and changes nothing' rules_are 1234
done

newline='0403
install usb-storage /bin/false'
for bad in "$newline" 04033 0403: 0403:xyz 0403:6001: '' '!' 0403,2341 '0403:6001:A"' '0403:6001:A#'; do
	machine
	loaded 1234
	run add "$bad"
	ok "add: \"$bad\" ends with 2" ends 2
	ok "add: \"$bad\" changes nothing" rules_are 1234
done

machine
run add 0403:6001
ok 'add: without the driver the file is written' conf_is 'options usbip-host autobind=0403:6001\n'
ok 'add: and that is said' says 'usbip-host is not loaded'
mkdir -p "$root/sys/module/usbip_host"
run add 2341
ok "add: the kernel's own driver knows no rules" says "the kernel's own and knows no rules"
ok 'add: that ends with 2' ends 2
ok 'add: the file is what it was' conf_is 'options usbip-host autobind=0403:6001\n'
rm "$conf"
run add 2341
ok 'add: nor is one made' test ! -e "$conf"
machine
loaded ''
ln -sf /proc/sys/kernel/ostype "$parameter" # nobody can write that
run add 0403
ok 'add: what the driver refuses ends with 2' ends 2
ok 'add: and is in no file' test ! -e "$conf"

# --- what the machine needs itself ----------------------------------------------------

# refused WHAT RULE WORDS: it is, and --force does it.
refused() {
	run add "$2"
	ok "add: refuses to take $1" ends 1
	ok "add: and says why: $3" says "$3"
	ok "add: and changes nothing: $1" rules_are ''
	run --force add "$2"
	ok "add: --force takes $1" rules_are "$2"
}
machine
loaded ''
disk sda 8:0 "$bus/1-1.3/1-1.3:1.0/host0"
mounted 8:0 / /dev/sda
refused 'the disk of the root file system' 0781 '1-1.3 carries /'
machine
loaded ''
disk sda 8:0 "$bus/1-1.3/1-1.3:1.0/host0"
disk dm-0 254:0 "$root/sys/devices/virtual"
ln -s "$root/sys/devices/virtual/block/dm-0" "$bus/1-1.3/1-1.3:1.0/host0/block/sda/holders/dm-0"
mounted 254:0 /home /dev/mapper/home
refused 'a disk under LVM or LUKS' 0781:5581 '1-1.3 carries /home'
machine
loaded ''
disk sda 8:0 "$bus/1-1.3/1-1.3:1.0/host0"
disk md0 9:0 "$root/sys/devices/virtual"
ln -s "$root/sys/devices/virtual/block/md0" "$bus/1-1.3/1-1.3:1.0/host0/block/sda/holders/md0"
mkdir "$root/sys/devices/virtual/block/md0/md0p1"
echo 1 >"$root/sys/devices/virtual/block/md0/md0p1/partition"
echo 259:0 >"$root/sys/devices/virtual/block/md0/md0p1/dev"
ln -s "$root/sys/devices/virtual/block/md0/md0p1" "$root/sys/class/block/md0p1"
mounted 259:0 /srv /dev/md0p1
refused 'a disk under a partition of an md device' 0781:5581 '1-1.3 carries /srv'
machine
loaded ''
disk sda 8:0 "$bus/1-1.3/1-1.3:1.0/host0"
mkdir "$bus/1-1.3/1-1.3:1.0/host0/block/sda/holders/dm-3"
refused 'a disk that another device is made of, mounted or not' 0781 '1-1.3 is used by dm-3'
machine
loaded ''
disk sda 8:0 "$bus/1-1.3/1-1.3:1.0/host0"
mounted 0:20 / overlay
refused 'a disk below an overlay, perhaps' 0781 '1-1.3 may carry /'
machine
loaded ''
disk sda 8:0 "$bus/1-1.3/1-1.3:1.0/host0"
mkdir -p "$root/proc/77"
mounted 8:0 /mnt /dev/sda
mv "$root/proc/self/mountinfo" "$root/proc/77/mountinfo"
: >"$root/proc/self/mountinfo"
refused 'a disk that a container has mounted' 0781 '1-1.3 carries /mnt'
machine
loaded ''
disk sda 8:0 "$bus/1-1.3/1-1.3:1.0/host0"
mkdir -p "$root/sys/fs/btrfs/uuid/devices"
ln -s "$bus/1-1.3/1-1.3:1.0/host0/block/sda" "$root/sys/fs/btrfs/uuid/devices/sda"
echo '25 1 0:31 / /data rw shared:1 - btrfs /dev/nvme0n1p2 rw' >>"$root/proc/self/mountinfo"
refused 'the second disk of a btrfs' 0781 '1-1.3 carries /data'
machine
loaded ''
disk sda 8:0 "$bus/1-1.3/1-1.3:1.0/host0"
mounted 0:31 /data /dev/sda
refused 'a disk of btrfs' '*:5581' '1-1.3 carries /data'
machine
loaded ''
disk sda 8:0 "$bus/1-1.3/1-1.3:1.0/host0"
printf 'Filename Type Size Used Priority\n/dev/sda partition 102396 0 -2\n' >"$root/proc/swaps"
refused 'a disk with swap space' 0781 '1-1.3 carries swap space'
machine
loaded ''
mkdir -p "$bus/1-1.4/1-1.4:1.0/net/eth1"
ln -s "$bus/1-1.4/1-1.4:1.0" "$bus/1-1.4/1-1.4:1.0/net/eth1/device"
ln -s "$bus/1-1.4/1-1.4:1.0/net/eth1" "$root/sys/class/net/eth1"
echo 0x1003 >"$root/sys/class/net/eth1/flags"
refused 'a network card that is up' '0bda:8153' '1-1.4 is the network card eth1, which is up'
machine
loaded ''
mkdir -p "$root/sys/class/tty/tty0"
for pair in bInterfaceClass=03 bInterfaceSubClass=01 bInterfaceProtocol=01; do
	echo "${pair#*=}" >"$bus/1-1.5/1-1.5:1.0/${pair%=*}"
done
refused 'the keyboard' 046d '1-1.5 is a keyboard of the console'

machine
loaded '!0781,*'
disk sda 8:0 "$bus/1-1.3/1-1.3:1.0/host0"
mounted 8:0 / /dev/sda
run remove '!0781'
ok 'remove: refuses to give such a disk away, too' ends 1
machine
loaded ''
disk sda 8:0 "$bus/1-1.3/1-1.3:1.0/host0"
mounted 8:0 / /dev/sda
run add 0403
ok 'add: what no rule takes is in no way' ends 0
mkdir -p "$bus/1-1.4/1-1.4:1.0/net/eth1"
ln -s "$bus/1-1.4/1-1.4:1.0" "$bus/1-1.4/1-1.4:1.0/net/eth1/device"
ln -s "$bus/1-1.4/1-1.4:1.0/net/eth1" "$root/sys/class/net/eth1"
echo 0x1002 >"$root/sys/class/net/eth1/flags"
run add 0bda
ok 'add: a network card that is down goes' ends 0
run add 046d
ok 'add: a keyboard goes where there is no console' ends 0
machine
loaded ''
rm "$root/proc/self/mountinfo"
disk sda 8:0 "$bus/1-1.1"
run add 0403
ok 'add: what cannot be told is refused' ends 2
ok 'add: and nothing is changed' rules_are ''

# The driver compares bytes: 0e41 is not 0e79, nor a serial number like another one.
machine
echo 0e79 >"$bus/1-1.3/idVendor"
disk sda 8:0 "$bus/1-1.3/1-1.3:1.0/host0"
mounted 8:0 / /dev/sda
loaded '!0e41'
run add '*'
ok 'add: !0e41 does not keep 0e79 here' ends 1
machine
loaded ''
echo '4C  53 ' >"$bus/1-1.3/serial"
disk sda 8:0 "$bus/1-1.3/1-1.3:1.0/host0"
mounted 8:0 / /dev/sda
run add '0781:5581:4C  53 '
ok 'add: spaces of a serial number count' ends 1

# --- status ---------------------------------------------------------------------------

machine
loaded 0403
exported 1-1.1 2
exported 1-1.2 1
mkdir "$bus/1-1.1/usbip_client"
for pair in address=10.0.0.7:51234 seconds=3725 rx_bytes=2048 tx_bytes=1572864 errors=3; do
	echo "${pair#*=}" >"$bus/1-1.1/usbip_client/${pair%=*}"
done
run status
ok 'status: who is connected' row 1-1.1 0403:6001 'in use' 10.0.0.7:51234 '1 h 2 min' '2.0 KiB' '1.5 MiB' 3 'FT232R USB UART'
ok 'status: nobody' row 1-1.2 0403:6010 available - - - - - 'Dual RS232-HS'
ok 'status: exported devices only' eval '! says 1-1.3'

# --- usage ----------------------------------------------------------------------------

for words in '' 'list status' add 'add' nonsense '-r'; do
	# shellcheck disable=SC2086 # words
	run $words
	ok "\"$words\" ends with 2" ends 2
	ok "\"$words\" says how to" says 'usage: usbip-export'
done
run --help
ok '--help ends with 0' ends 0
echo "1..$n"
