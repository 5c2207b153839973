# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What the kselftests share: KTAP, waiting, modules, the simulator, gadgets, cleaning up.
# Called (sourced) by tests/kselftests/*.sh, which run_tests.sh or a person starts.
# Needs root. A test says: plan N, then N times check; its exit code follows from that.
set -u

tests=$(dirname "$(dirname "$(readlink -f "$0")")")
sim_dir=$tests/sim
vhci=/sys/devices/platform/vhci_hcd.0
# shellcheck disable=SC2034 # for the tests
host=/sys/bus/usb/drivers/usbip-host
tmp=$(mktemp -d)
ktap_n=0 ktap_failed=0 ktap_plan=0
pids=
gadgets=

# --- KTAP -------------------------------------------------------------------

# plan N: how many checks follow.
plan() {
	ktap_plan=$1
	echo "TAP version 13"
	echo "1..$1"
}

# skip REASON...: this machine cannot run the test.
skip() {
	[ $ktap_failed -eq 0 ] || die "$*"
	[ "$ktap_n" -gt 0 ] || echo "1..0 # SKIP $*"
	exit 4
}

# check WHAT COMMAND...: one result.
check() {
	ktap_what=$1
	shift
	ktap_n=$((ktap_n + 1))
	if "$@" >"$tmp/check" 2>&1; then
		echo "ok $ktap_n $ktap_what"
	else
		echo "not ok $ktap_n $ktap_what"
		echo "# failed: $*"
		sed 's/^/# /' "$tmp/check"
		ktap_failed=$((ktap_failed + 1))
	fi
}

# leave_out WHAT WHY: one result, of what this kernel cannot do.
leave_out() {
	ktap_n=$((ktap_n + 1))
	echo "ok $ktap_n $1 # SKIP $2"
}

# die WORDS...: the test cannot go on.
die() {
	echo "Bail out! $*"
	exit 1
}

finish() {
	rc=$?
	trap - EXIT
	for pid in $pids; do
		[ ! -d "/proc/$pid" ] || kill "$pid"
	done
	! mountpoint -q "$tmp/mnt" || umount "$tmp/mnt"
	cleanup_modules
	cleanup_gadgets
	rm -rf "$tmp"
	[ $rc -eq 0 ] || exit $rc
	[ $ktap_failed -eq 0 ] || exit 1
	if [ "$ktap_n" -ne "$ktap_plan" ]; then
		echo "# planned $ktap_plan checks, ran $ktap_n"
		exit 1
	fi
	exit 0
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

[ "$(id -u)" -eq 0 ] || skip "must be run as root"

# --- small things -----------------------------------------------------------

# Sets $now: seconds since the boot, without another process, which costs much in a VM.
look_at_clock() {
	read -r now _ </proc/uptime
	now=${now%.*}
}

# wait_for SECONDS COMMAND...: until the command succeeds; fails when it never does.
wait_for() {
	look_at_clock
	wait_end=$((now + $1))
	shift
	wait_now=$now # before it looks: it may not run for a while
	until "$@" >/dev/null 2>&1; do
		[ "$wait_now" -le "$wait_end" ] || { echo "still not: $*"; return 1; }
		sleep 0.1
		look_at_clock
		wait_now=$now
	done
}

# equals A B; contains TEXT PATTERN (extended regular expression)
equals() { [ "$1" = "$2" ] || { echo "got \"$1\", want \"$2\""; return 1; }; }
contains() { echo "$1" | grep -qE -e "$2" || { echo "no \"$2\" in \"$1\""; return 1; }; }
fails() { ! "$@"; }

# A kernel that looks for bugs takes four times as long for everything.
slow_kernel() { grep -q ' kasan_poison$' /proc/kallsyms; }

# kernel_said PATTERN: since this test's log_mark, in the kernel log?
log_mark() { mark="usbip-ext: mark $$.$(date +%N)"; echo "$mark" >/dev/kmsg; }
kernel_since() { dmesg | sed "1,/$mark/d"; }
kernel_said() { kernel_since | grep -qE -e "$1" || { kernel_since; return 1; }; }
kernel_said_times() { # NUMBER PATTERN
	[ "$(kernel_since | grep -cE -e "$2")" -eq "$1" ] || { kernel_since; return 1; }
}

# --- modules ----------------------------------------------------------------

# Where this project's and the kernel's own modules lie; empty when not there.
ours() {
	case $1 in
	usbip-ext-core) ours_dir='core' ;;
	vhci-hcd) ours_dir='vhci-ext' ;;
	usbip-host) ours_dir='usbip-host-ext' ;;
	esac
	ours_tree=/lib/modules/$(uname -r)/updates/dkms
	for file in "$tests/../$ours_dir/$1.ko" "$tests/..$ours_tree/$1".ko* "$ours_tree/$1".ko*; do
		[ ! -e "$file" ] || { echo "$file"; return; }
	done
}
stock() {
	for file in "/lib/modules/$(uname -r)/kernel/drivers/usb/usbip/$1".ko*; do
		[ ! -e "$file" ] || { echo "$file"; return; }
	done
}

# Without another process: every test asks this a dozen times.
loaded() {
	loaded_name=$1
	while :; do
		case $loaded_name in
		*-*) loaded_name=${loaded_name%%-*}_${loaded_name#*-} ;;
		*) break ;;
		esac
	done
	[ -e "/sys/module/$loaded_name/initstate" ]
}

insert() { # FILE PARAMETER...
	[ -n "$1" ] || skip "a module is not built or not installed"
	insmod "$@"
}

# load_client [PARAMETER...], load_host [PARAMETER...]: this project's drivers.
# Refuses on a machine where somebody uses USB/IP.
load_client() {
	free_to_load vhci-hcd
	loaded usbip-ext-core || insert "$(ours usbip-ext-core)" || die "cannot load usbip-ext-core"
	insert "$(ours vhci-hcd)" "$@"
}
load_host() {
	free_to_load usbip-host
	loaded usbip-ext-core || insert "$(ours usbip-ext-core)" || die "cannot load usbip-ext-core"
	insert "$(ours usbip-host)" "$@"
}

# load_stock_client, load_stock_host: the kernel's own.
load_stock_client() {
	free_to_load vhci-hcd
	loaded usbip-core || insert "$(stock usbip-core)"
	insert "$(stock vhci-hcd)" "$@"
}
load_stock_host() {
	free_to_load usbip-host
	loaded usbip-core || insert "$(stock usbip-core)"
	insert "$(stock usbip-host)" "$@"
}

free_to_load() {
	[ -d /sys/bus/usb ] || modprobe usbcore
	loaded "$1" || return 0
	case $modules_at_start in
	*" $1 "*) skip "$1 is loaded already" ;;
	esac
}
modules_at_start=
for module in vhci-hcd usbip-host usbip-core usbip-ext-core dummy_hcd; do
	! loaded "$module" || modules_at_start="$modules_at_start $module "
done

unload() { # MODULE...
	for module; do
		! loaded "$module" || rmmod "$module" || return 1
	done
}

cleanup_modules() {
	for module in vhci-hcd usbip-host usbip-ext-core usbip-core; do
		case $modules_at_start in
		*" $module "*) ;;
		*) unload "$module" || { echo "# cannot unload $module"; ktap_failed=1; } ;;
		esac
	done
}

# --- the client's ports -----------------------------------------------------

# status_lines: every port of every controller, without the headers.
status_lines() { grep -hv '^hub' "$vhci"/status*; }
port_line() { status_lines | awk -v p="$1" '$2 + 0 == p'; }
port_state() { status_lines | awk -v p="$1" '$2 + 0 == p { print $3 + 0 }'; }
port_busid() { status_lines | awk -v p="$1" '$2 + 0 == p { print $7 }'; }
port_is() { equals "$(port_state "$1")" "$2"; } # PORT STATE: 4 free, 5 not assigned, 6 used
count_ports() { status_lines | awk -v s="$1" '$3 + 0 == s' | wc -l; } # STATE
ports_in_state() { equals "$(count_ports "$2")" "$1"; } # COUNT STATE
detach() { echo "$1" >"$vhci/detach"; }
detached() { detach "$1" && wait_for 10 port_is "$1" 4; }

# --- the simulator ----------------------------------------------------------

# start_sim NAME ARG...: usbip-sim in the background; its words in $tmp/NAME.log,
# its process in $sim_pid.
start_sim() {
	sim_log=$tmp/$1.log
	shift
	[ -x "$sim_dir/usbip-sim" ] || skip "usbip-sim is not built"
	"$sim_dir/usbip-sim" "$@" >"$sim_log" 2>&1 &
	sim_pid=$!
	pids="$pids $sim_pid"
	wait_for 20 grep -qE '^(ready|listening)' "$sim_log" ||
		die "usbip-sim $*: $(cat "$sim_log")"
}

# start_usbipd: the stock daemon on 127.0.0.1.
start_usbipd() {
	command -v usbipd >/dev/null || skip "usbipd is not installed"
	usbipd >"$tmp/usbipd.log" 2>&1 &
	usbipd_pid=$!
	pids="$pids $usbipd_pid"
	wait_for 60 usbip list -r 127.0.0.1 || die "usbipd: $(cat "$tmp/usbipd.log")"
}

# --- devices that were attached ---------------------------------------------

# sim_port [N]: port of the N-th device that the last simulator attached.
sim_port() { awk -v n="${1:-1}" '/^attached port/ && ++i == n { print $3 }' "$sim_log"; }
used_ports() { status_lines | awk '$3 + 0 == 6 { print $2 + 0 }'; }

# /dev of a device, by busid; no such file, no success.
node_of() {
	printf '/dev/bus/usb/%03d/%03d\n' \
		"$(cat "/sys/bus/usb/devices/$1/busnum")" "$(cat "/sys/bus/usb/devices/$1/devnum")"
}
tty_of() { dev_of "/sys/bus/usb/devices/$1/$1":1.0/tty/*; }
disk_of() { dev_of "/sys/bus/usb/devices/$1/$1":1.0/host*/target*/*/block/*; }
dev_of() { # both in sysfs and in /dev, where it comes a little later
	[ -e "$1" ] || return 1
	[ -c "/dev/${1##*/}" ] || [ -b "/dev/${1##*/}" ] || return 1
	echo "/dev/${1##*/}"
}

# Drivers of the simulated devices; udev may not be there to load them.
load_device_drivers() {
	for module in cdc_acm usb_storage sd_mod usbtest; do
		modprobe "$module" || skip "no $module on this kernel"
	done
}

# usable PORT: the simulated device there has its drivers and files.
usable() {
	port_is "$1" 6 || return 1
	usable=$(port_busid "$1")
	read -r product <"/sys/bus/usb/devices/$usable/product" || return 1
	case $product in
	*'serial port') tty_of "$usable" ;;
	*disk) disk_of "$usable" ;;
	*source/sink) driven_by "$usable:1.0" usbtest ;;
	*) test -e "/sys/bus/usb/devices/$usable/$usable:1.0/bInterfaceNumber" ;;
	esac
}

# exercise PORT: data to the simulated device and back, compared.
exercise() {
	exercised=$(port_busid "$1")
	read -r product <"/sys/bus/usb/devices/$exercised/product" || return 1
	case $product in
	*'serial port') serial_echoes "$(tty_of "$exercised")" 16384 ;;
	*disk) disk_keeps "$(disk_of "$exercised")" 512 ;;
	*source/sink) "$tests/testusb" -D "$(node_of "$exercised")" -t 3 -c 50 &&
		"$tests/testusb" -D "$(node_of "$exercised")" -t 14 -c 50 ;;
	*interrupt*) "$tests/usbfs" "$(node_of "$exercised")" echo 0x01 0x81 8 50 ;;
	*isochronous*) "$tests/usbfs" "$(node_of "$exercised")" count 0x81 1 512 64 ;;
	*) echo "nothing to exercise on port $1"; return 1 ;;
	esac
}

# simulated_work NUMBER: three checks of each of so many devices that start_sim has attached.
simulated_work() {
	for sim_number in $(seq "$1"); do
		port=$(sim_port "$sim_number")
		check "it enumerates" wait_for 20 usable "$port"
		check "it works" exercise "$port"
		check "it detaches" detached "$port"
	done
}
serial_echoes() ( # TTY BYTES
	mine=$tmp/serial.${1##*/}
	# Never with O_CREAT: the device may be going, and /dev would keep a file.
	exec 3<"$1" || exit 1
	exec 4>/proc/self/fd/3 || exit 1
	stty -F "$1" raw -echo || exit 1
	head -c "$2" /dev/urandom >"$mine"
	timeout 60 head -c "$2" <&3 >"$mine.back" &
	timeout 60 cat "$mine" >&4 && wait $! && cmp "$mine" "$mine.back"
)
disk_keeps() { # DISK KIBIBYTES
	disk_keeps=$tmp/disk.${1##*/}
	head -c "$2"K /dev/urandom >"$disk_keeps"
	dd if="$disk_keeps" of="$1" bs=64k oflag=direct conv=nocreat &&
		dd if="$1" of="$disk_keeps.back" bs=64k count=$(($2 / 64)) iflag=direct &&
		cmp "$disk_keeps" "$disk_keeps.back"
}

# our_lines: what the client driver has logged since log_mark.
our_lines() { kernel_since | grep vhci_hcd; }
one_line() { # PATTERN
	one_line=$(our_lines) || { echo "nothing in the log"; return 1; }
	case $one_line in
	*"
"*) echo "more than one line: $one_line"; return 1 ;;
	esac
	contains "$one_line" "$1"
}

# The parameter of a client that is loaded; a change takes a second, and the stock tools may run.
nports=/sys/module/vhci_hcd/parameters/nports
set_nports() { answers ok "$nports" "$1"; } # N

# nports_works N: eight checks of a client loaded with nports=N.
nports_works() {
	load_client nports="$1" || die "vhci-hcd does not load"
	last=$((2 * $1 - 1))
	check "nports counts both speeds" equals "$(cat "$vhci/nports")" $((2 * $1))
	check "each port below nports is listed once" \
		equals "$(status_lines | awk '{ print $2 + 0 }' | sort -n)" "$(seq 0 $last)"
	check "half of them are USB2" equals "$(status_lines | grep -c '^hs')" "$1"
	check "all are free" ports_in_state $((2 * $1)) 4
	check "usbip port reads them" usbip port
	check "usbip list -l works" usbip list -l
	start_sim sim --attach $last int:speed=super
	check "the last port takes a device" wait_for 20 usable $last
	check "and the device works" exercise $last
}

# qemu_disk [VID:PID]: busid of QEMU's usb-storage, or of its usb-uas, once its disk is there.
qemu_disk() {
	modprobe -a xhci_pci ehci_pci usb_storage uas sd_mod || return 1
	wait_for 10 present "${1:-46f4:0001}" >&2 && qemu_disk=$(busids "${1:-46f4:0001}") &&
		wait_for 20 disk_of "$qemu_disk" >&2 && echo "$qemu_disk"
}
disk_sum() { dd if="$1" bs=64k count="$2" iflag=direct 2>"$tmp/dd" | sha256sum; } # DISK BLOCKS

# disk_travels: eight checks of QEMU's disk, from a server to a client that were
# loaded before, over TCP to 127.0.0.1 with the kernel's tools.
disk_travels() {
	busid=$(qemu_disk) || skip "no QEMU usb-storage here"
	here=$(disk_sum "$(disk_of "$busid")" 32)
	check "it can be bound" usbip bind -b "$busid"
	start_usbipd
	check "it can be attached" usbip attach -r 127.0.0.1 -b "$busid"
	wait_for 20 ports_in_state 1 6 || die "no port has it: $(status_lines | grep -v ' 004 ')"
	there=$(port_busid "$(used_ports)")
	check "its disk appears" wait_for 30 disk_of "$there"
	check "it has the same data" equals "$(disk_sum "$(disk_of "$there")" 32)" "$here"
	check "it keeps new data" disk_keeps "$(disk_of "$there")" 2048
	new=$(sha256sum <"$disk_keeps")
	check "it can be detached" usbip detach -p "$(used_ports)"
	wait_for 10 status_is "$busid" 1 || die "the server still says it is used"
	check "it can be unbound" usbip unbind -b "$busid"
	wait_for 20 disk_of "$busid" || die "its driver is not back"
	check "the new data is on it" equals "$(disk_sum "$(disk_of "$busid")" 32)" "$new"
}

# --- QEMU's sound card ------------------------------------------------------

# It writes down what it plays.
sound_record=/out/sound.wav

# qemu_sound: sets its $busid.
qemu_sound() {
	modprobe -a xhci_pci snd_usb_audio || skip "no snd-usb-audio on this kernel"
	wait_for 10 present 46f4:0002 || skip "no QEMU usb-audio here"
	[ -e "$sound_record" ] || skip "QEMU's usb-audio does not write $sound_record"
	busid=$(busids 46f4:0002)
	wait_for 20 full_volume "$busid" || die "no sound card"
}
card_of() { # BUSID
	set -- "/sys/bus/usb/devices/$1/$1":1.0/sound/card*
	[ -c "/dev/snd/controlC${1##*card}" ] && echo "${1##*card}"
}
full_volume() { # BUSID: at any other, QEMU changes the samples
	amixer -c "$(card_of "$1")" set 'Audio Output Volume Control' 100% unmute
}
# recorded FILE: it was played, whole and in one piece.
recorded() {
	python3 -c '
import sys
tune, record = (open(f, "rb").read() for f in sys.argv[1:])
if tune not in record:
    sys.exit(f"{len(tune)} bytes are not in the record of {len(record)}")' "$1" "$sound_record"
}

# --- QEMU's network adapter -------------------------------------------------

# qemu_net: sets its $busid.
qemu_net() {
	modprobe -a xhci_pci cdc_ether || skip "no cdc_ether on this kernel"
	wait_for 10 present 0525:a4a2 || skip "no QEMU usb-net here"
	busid=$(busids 0525:a4a2)
}

# --- local devices ----------------------------------------------------------

# busids VID:PID: of all devices that are not imported ones.
busids() {
	for dev in /sys/bus/usb/devices/*; do
		[ -e "$dev/idVendor" ] || continue
		read -r busids_vid <"$dev/idVendor" || continue
		read -r busids_pid <"$dev/idProduct" || continue
		[ "$busids_vid:$busids_pid" = "$1" ] || continue
		case $(readlink -f "$dev") in
		*/vhci_hcd.*) ;;
		*) echo "${dev##*/}" ;;
		esac
	done
}
present() { [ -n "$(busids "$1")" ] || { echo "no $1"; return 1; }; } # VID:PID
driver_of() { # BUSID
	[ -e "/sys/bus/usb/devices/$1/driver" ] || return 0
	driver_of=$(readlink "/sys/bus/usb/devices/$1/driver")
	echo "${driver_of##*/}"
}
driven_by() { equals "$(driver_of "$1")" "$2"; } # BUSID DRIVER
# The file comes last: the driver's probe is over.
exported() { driven_by "$1" usbip-host && [ -e "/sys/bus/usb/devices/$1/usbip_status" ]; }
attribute() { cat "/sys/bus/usb/devices/$1/$2"; } # BUSID NAME
status_is() { # BUSID STATUS
	read -r status <"/sys/bus/usb/devices/$1/usbip_status" && equals "$status" "$2"
}
interface_driver() { # BUSID: of its first interface
	for file in "/sys/bus/usb/devices/$1:"*.0/driver; do
		[ ! -e "$file" ] || basename "$(readlink "$file")"
	done
}
interface_driven_by() { equals "$(interface_driver "$1")" "$2"; } # BUSID DRIVER

# all_but_present: rules that claim every device but those there are now, so that
# "*" takes no disk or keyboard from who runs the test.
all_but_present() {
	for dev in /sys/bus/usb/devices/*; do
		[ -e "$dev/idVendor" ] || continue
		[ "$(cat "$dev/bDeviceClass")" = 09 ] ||
			echo "!$(cat "$dev/idVendor"):$(cat "$dev/idProduct")"
	done | sort -u | tr '\n' ,
	echo '*'
}

# --- the server's files -----------------------------------------------------

# write_to FILE TEXT [TYPE]: prints "ok" or "errno NAME". %d in TEXT is a
# descriptor of TYPE, see attach-raw; the other end of it closes at once.
write_to() {
	[ -x "$sim_dir/attach-raw" ] || skip "attach-raw is not built"
	"$sim_dir/attach-raw" -t 0 -f "$2" "${3:-none}" "$1"
}
answers() { equals "$(write_to "$2" "$3" "${4:-none}")" "$1"; } # ANSWER FILE TEXT [TYPE]

waits_in() { grep -qE "$2" "/proc/$1/wchan"; } # PID PATTERN
# Has somebody hold the USB core's list of buses, without which nports does not change: $holder.
hold_buses() {
	mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug || skip "no debugfs"
	held
}
# The same with a device's lock.
hold_device() { held "$(node_of "$1")"; } # BUSID
held() { # [FILE]
	[ -x "$tests/hold-buses" ] || skip "hold-buses is not built"
	"$tests/hold-buses" "$@" 2>"$tmp/hold" &
	holder=$!
	pids="$pids $holder"
	wait_for 10 waits_in $holder '^handle_userfault' || { cat "$tmp/hold"; die "nobody holds it"; }
}

autobind=/sys/module/usbip_host/parameters/autobind
set_rules() { answers ok "$autobind" "$1"; } # TEXT
rules_are() { equals "$(cat "$autobind")" "$1"; } # TEXT

# peer BUSID SCRIPT: usbip-peer as the client of an exported device, to its end.
# start_peer NAME BUSID SCRIPT: in the background, connected when this returns;
# its words in $tmp/NAME.log, its process in $peer_pid.
peer() {
	[ -x "$sim_dir/usbip-peer" ] || skip "usbip-peer is not built"
	"$sim_dir/usbip-peer" --tcp --sockfd "$1" -e "$2"
}
start_peer() {
	[ -x "$sim_dir/usbip-peer" ] || skip "usbip-peer is not built"
	"$sim_dir/usbip-peer" --tcp --sockfd "$2" -e "$3" >"$tmp/$1.log" 2>&1 &
	peer_pid=$!
	pids="$pids $peer_pid"
	wait_for 10 peer_began "$2" "$tmp/$1.log" || die "usbip-peer: $(cat "$tmp/$1.log")"
}
# It is the device's client, or was and has said so: some have ended by the time one looks.
peer_began() { status_is "$1" 2 || [ -s "$2" ]; }

# gadget NAME VID PID SERIAL [FUNCTION [PATTERN]]: a device on dummy_hcd, not plugged in yet.
# FUNCTION is SourceSink (PATTERN of its data: 0, zeroes, or 1, see usbtest), Loopback (IN waits
# for OUT) or another of configfs.
# plug NAME UDC, unplug NAME: UDC is dummy_udc.0, dummy_udc.1, …; another UDC is
# another port.
configfs=/sys/kernel/config/usb_gadget
load_dummy() { # [NUMBER OF CONTROLLERS [PARAMETER]]
	for module in libcomposite usb_f_ss_lb "dummy_hcd num=${1:-1} ${2-}"; do
		# shellcheck disable=SC2086 # name and parameters
		loaded "${module%% *}" || modprobe $module || skip "no $module on this kernel"
	done
	[ -e "/sys/class/udc/dummy_udc.$((${1:-1} - 1))" ] || skip "dummy_hcd is loaded with fewer ports"
	mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
}
gadget() {
	g=$configfs/$1
	gadgets="$gadgets $1"
	gadget_function=${5:-SourceSink}.0
	mkdir "$g" "$g/strings/0x409" "$g/configs/c.1" "$g/functions/$gadget_function" || return 1
	echo "0x$2" >"$g/idVendor"
	echo "0x$3" >"$g/idProduct"
	echo "$4" >"$g/strings/0x409/serialnumber"
	echo "usbip-ext gadget $1" >"$g/strings/0x409/product"
	case $gadget_function in
	SourceSink.0) echo "${6:-0}" >"$g/functions/SourceSink.0/pattern" ;;
	hid.0) # reports of 64 bytes both ways, of no known use
		echo 64 >"$g/functions/hid.0/report_length"
		printf '\006\0\377\011\1\241\1\011\2\025\0\046\377\0\165\010\225\100\201\2\011\3\221\2\300' \
			>"$g/functions/hid.0/report_desc"
		;;
	esac
	ln -s "$g/functions/$gadget_function" "$g/configs/c.1/"
}
plug() { echo "$2" >"$configfs/$1/UDC"; }
unplug() { echo >"$configfs/$1/UDC"; }

# plugged NAME UDC: plug, and wait until it is there; sets $busid.
# busid_on UDC: what is plugged in there.
busid_on() {
	for dev in "/sys/devices/platform/dummy_hcd.${1#dummy_udc.}"/usb*/*-1; do
		[ ! -e "$dev/idVendor" ] || basename "$dev"
	done
}
occupied() { [ -n "$(busid_on "$1")" ]; } # UDC
empty() { [ -z "$(busid_on "$1")" ]; } # UDC
plugged() {
	plug "$1" "$2" || die "cannot plug $1 into $2"
	wait_for 20 occupied "$2" || die "$1 does not appear on $2"
	# shellcheck disable=SC2034 # for the tests
	busid=$(busid_on "$2")
}
replugged() { # NAME UDC
	unplug "$1" || die "cannot unplug $1"
	wait_for 20 empty "$2" || die "$1 does not go from $2"
	plugged "$1" "$2"
}

# export_gadget [FUNCTION]: the server with one exported gadget in $busid.
export_gadget() {
	load_dummy 1
	load_host autobind=1d6b:0104 || die "usbip-host does not load"
	gadget one 1d6b 0104 A1 "${1:-SourceSink}"
	plugged one dummy_udc.0
	wait_for 20 exported "$busid" || die "$busid is not exported"
}
# endpoint BUSID in|out: number of the first one of interface 0.
endpoint() {
	case $2 in
	in) set -- "/sys/bus/usb/devices/$1:"*.0/ep_8? ;;
	out) set -- "/sys/bus/usb/devices/$1:"*.0/ep_0? ;;
	esac
	echo "0x${1##*ep_?}"
}

cleanup_gadgets() {
	for g in $gadgets; do
		g=$configfs/$g
		[ -d "$g" ] || continue
		[ -z "$(cat "$g/UDC")" ] || echo >"$g/UDC"
		rm "$g"/configs/*/*.0
		rmdir "$g"/configs/* "$g/functions"/*.0 "$g/strings/0x409" "$g"
	done
	! loaded usbtest || {
		echo 0 >/sys/module/usbtest/parameters/pattern
		echo -1 >/sys/module/usbtest/parameters/alt
	}
	case $modules_at_start in
	*" dummy_hcd "*) ;;
	*) unload dummy_hcd ;;
	esac
}

# --- both drivers, the kernel's tools between them --------------------------

# imported BUSID: binds it, attaches it through 127.0.0.1, and waits for its driver;
# sets $there to its busid on the client.
imported() {
	exported "$1" >"$tmp/bind" || usbip bind -b "$1" >"$tmp/bind" 2>&1 || die "bind: $(cat "$tmp/bind")"
	wait_for 10 exported "$1" || die "$1 is not exported"
	[ -n "${usbipd_pid-}" ] || start_usbipd
	usbip attach -r 127.0.0.1 -b "$1" || die "$1 cannot be attached"
	wait_for 20 ports_in_state 1 6 || die "no port has it: $(status_lines | grep -v ' 004 ')"
	# shellcheck disable=SC2034 # for the tests
	there=$(port_busid "$(used_ports)")
}

# bulk_comes_back UDC SIZE...: a check for each: so many bytes to an imported Loopback gadget, and back.
bulk_comes_back() {
	memory=/sys/module/usbcore/parameters/usbfs_memory_mb
	[ "$(cat $memory)" -ge 16 ] || echo 16 >$memory
	gadget loop 1d6b 0104 A1 Loopback
	plugged loop "$1"
	shift
	imported "$busid"
	node=$(node_of "$there")
	out=$(endpoint "$there" out)
	in=$((0x80 + $(endpoint "$there" in)))
	for size; do
		check "$size bytes come back" timeout 20 "$tests/usbfs" "$node" loop "$out" "$in" "$size"
	done
}

# gadget_zero NAME SPEED [PATTERN]: what usbtest knows; SPEED is high-speed or super-speed.
# Loads usbtest, too, which has to expect the same PATTERN.
gadget_zero() {
	modprobe usbtest || skip "no usbtest on this kernel"
	echo "${3:-0}" >/sys/module/usbtest/parameters/pattern
	gadget "$1" 0525 a4a0 "$2" SourceSink "${3:-0}"
	echo "$2" >"$configfs/$1/max_speed"
}

# usbtest_cases WHERE BUSID UNLINKS: 23 checks of a gadget zero by the kernel's usbtest.
usbtest_cases() {
	usbtest_on "$1" "$2"
	usbtest_case 1 "bulk OUT" -c 200
	usbtest_case 2 "bulk IN" -c 200
	usbtest_case 3 "bulk OUT, lengths vary" -c 200 -v 421
	usbtest_case 4 "bulk IN, lengths vary" -c 200 -s 8192 -v 1024
	usbtest_case 5 "bulk OUT, scatter list" -c 50 -s 4096 -g 33
	usbtest_case 6 "bulk IN, scatter list" -c 50 -s 4096 -g 33
	usbtest_case 7 "bulk OUT, scatter list, lengths vary" -c 50 -s 8192 -v 1024 -g 33
	usbtest_case 8 "bulk IN, scatter list, lengths vary" -c 50 -s 8192 -v 1024 -g 33
	usbtest_case 9 "standard control requests" -c 10
	usbtest_case 10 "queued control requests" -c 50 -g 32
	usbtest_case 11 "unlink IN" -c "$3"
	usbtest_case 12 "unlink OUT" -c "$3"
	usbtest_case 13 "set and clear halt" -c 50
	usbtest_case 14 "control OUT, read back" -c 100 -s 4096 -v 1021
	usbtest_case 17 "bulk OUT from an odd address" -c 100 -s 1025
	usbtest_case 18 "bulk IN to an odd address" -c 100
	usbtest_case 19 "bulk OUT from an odd address, coherent" -c 100 -s 1025
	usbtest_case 20 "bulk IN to an odd address, coherent" -c 100
	usbtest_case 21 "control OUT from an odd address" -c 100 -s 4096 -v 1021
	usbtest_case 24 "unlink from a queue" -c "$3" -g 8
	usbtest_case 27 "bulk OUT queue" -c 50 -s 4096 -g 32
	usbtest_case 28 "bulk IN queue" -c 50 -s 4096 -g 32
	usbtest_case 29 "clear halt between bulk OUT" -c 50
}
usbtest_on() { # WHERE BUSID
	cases_where=$1
	cases_node=$(node_of "$2")
}
usbtest_case() { # CASE WHAT OPTION...
	usbtest_what="$cases_where, case $1, $2"
	usbtest_number=$1
	shift 2
	# On PREEMPT_RT the USB core's sg_complete() may not have left the lock in usbtest's request when
	# usb_sg_wait() has returned, and with it the stack on which that was: a CPU spins for ever.
	case $usbtest_number in
	[5-8]) ! grep -q PREEMPT_RT /proc/version || { leave_out "$usbtest_what" "PREEMPT_RT"; return; } ;;
	esac
	check "$usbtest_what" "$tests/testusb" -D "$cases_node" -t "$usbtest_number" "$@"
}

# usbtest_travels SPEED: 47 checks: what usbtest finds right on the device it
# finds right on the imported one.
usbtest_travels() {
	load_dummy 1 is_super_speed=1
	load_host || die "usbip-host does not load"
	load_client nports=8 || die "vhci-hcd does not load"
	gadget_zero zero "$1"
	plugged zero dummy_udc.0
	wait_for 20 interface_driven_by "$busid" usbtest || die "usbtest does not take $busid"
	usbtest_cases local "$busid" 20
	local_speed=$(attribute "$busid" speed)
	imported "$busid"
	wait_for 20 interface_driven_by "$there" usbtest || die "usbtest does not take $there"
	check "the speed is the same" equals "$(attribute "$there" speed)" "$local_speed"
	usbtest_cases imported "$there" 250
}

# usbtest_imported SPEED [PATTERN]: a gadget zero, imported from 127.0.0.1 by drivers
# that were loaded before; sets $busid and $there.
usbtest_imported() {
	load_dummy 1 is_super_speed=1
	gadget_zero zero "$1" "${2:-0}"
	plugged zero dummy_udc.0
	imported "$busid"
	wait_for 20 interface_driven_by "$there" usbtest || die "usbtest does not take $there"
}

# reset_travels: 9 checks: a reset on the client is one of the server's device,
# and changes nothing else. The drivers were loaded before.
reset_travels() {
	usbtest_imported "$1"
	devnum=$(attribute "$there" devnum)
	log_mark
	check "the client resets the device" "$tests/usbfs" "$(node_of "$there")" reset
	check "the server resets it, once" kernel_said_times 1 " $busid: reset .* USB device"
	check "the server still has it in use" status_is "$busid" 2
	check "the server shows its configuration" equals "$(attribute "$busid" bConfigurationValue)" 1
	check "it is the same device to the client" equals "$(attribute "$there" devnum)" "$devnum"
	check "it has its driver" wait_for 20 interface_driven_by "$there" usbtest
	usbtest_on "after the reset" "$there"
	usbtest_case 1 "bulk OUT" -c 20
	usbtest_case 2 "bulk IN" -c 20
	usbtest_case 14 "control" -c 20
}

# disk_works VID:PID DRIVER SPEED SECONDS: 8 checks of QEMU's disk when imported: a file
# system, written to and verified for so long.
disk_works() {
	load_host || die "usbip-host does not load"
	load_client nports=8 || die "vhci-hcd does not load"
	busid=$(qemu_disk "$1") || skip "no QEMU disk $1 here"
	imported "$busid"
	check "its disk appears" wait_for 30 disk_of "$there"
	check "its speed is $3, its driver $2" \
		equals "$(attribute "$there" speed) $(interface_driver "$there")" "$3 $2"
	disk=$(disk_of "$there")
	mkdir "$tmp/mnt"
	log_mark
	check "a file system is made" mkfs.ext4 -q -F "$disk"
	check "it is mounted" mount "$disk" "$tmp/mnt"
	check "what is written for $4 s is what is read" fio --name=soak --thread \
		--directory="$tmp/mnt" --size=32m --rw=randwrite --bsrange=4k-512k --direct=1 \
		--ioengine=libaio --iodepth=8 --verify=crc32c --verify_fatal=1 --verify_backlog=32 \
		--time_based --runtime="$4" --randrepeat=0
	check "it is unmounted" umount "$tmp/mnt"
	check "the file system is clean" e2fsck -fn "$disk"
	check "no request failed" fails kernel_said 'I/O error|reset .* USB device|tag#'
}
