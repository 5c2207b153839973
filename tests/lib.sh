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

# --- KTAP -------------------------------------------------------------------

# plan N: how many checks follow.
plan() {
	ktap_plan=$1
	echo "TAP version 13"
	echo "1..$1"
}

# skip REASON...: this machine cannot run the test.
skip() {
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

# wait_for SECONDS COMMAND...: until the command succeeds; fails when it never does.
wait_for() {
	wait_end=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -le "$wait_end" ] || { echo "still not: $*"; return 1; }
		sleep 0.1
	done
}

# equals A B; contains TEXT PATTERN (extended regular expression)
equals() { [ "$1" = "$2" ] || { echo "got \"$1\", want \"$2\""; return 1; }; }
contains() { echo "$1" | grep -qE -e "$2" || { echo "no \"$2\" in \"$1\""; return 1; }; }
fails() { ! "$@"; }

# kernel_said PATTERN: since this test's log_mark, in the kernel log?
log_mark() { mark="usbip-ext: mark $$.$(date +%N)"; echo "$mark" >/dev/kmsg; }
kernel_since() { dmesg | sed -n "/$mark/,\$p" | sed 1d; }
kernel_said() { kernel_since | grep -qE -e "$1" || { kernel_since; return 1; }; }

# --- modules ----------------------------------------------------------------

# Where this project's and the kernel's own modules lie; empty when not there.
ours() {
	case $1 in
	usbip-ext-core) ours_dir='core' ;;
	vhci-hcd) ours_dir='vhci-ext' ;;
	usbip-host) ours_dir='usbip-host-ext' ;;
	esac
	for file in "$tests/../$ours_dir/$1.ko" "/lib/modules/$(uname -r)/updates/dkms/$1".ko*; do
		[ ! -e "$file" ] || { echo "$file"; return; }
	done
}
stock() {
	for file in "/lib/modules/$(uname -r)/kernel/drivers/usb/usbip/$1".ko*; do
		[ ! -e "$file" ] || { echo "$file"; return; }
	done
}

loaded() { grep -q "^$(echo "$1" | tr - _) " /proc/modules; }

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
	modprobe usbcore
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
status_lines() {
	for file in "$vhci"/status*; do
		cat "$file"
	done | grep -v '^hub'
}
port_line() { status_lines | awk -v p="$1" '$2 + 0 == p'; }
port_state() { port_line "$1" | awk '{ print $3 + 0 }'; }
port_busid() { port_line "$1" | awk '{ print $7 }'; }
port_is() { equals "$(port_state "$1")" "$2"; } # PORT STATE: 4 free, 5 not assigned, 6 used
count_ports() { status_lines | awk -v s="$1" '$3 + 0 == s' | wc -l; } # STATE
ports_in_state() { equals "$(count_ports "$2")" "$1"; } # COUNT STATE
detach() { echo "$1" >"$vhci/detach"; }

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

# start_usbipd [ARG...]: the stock daemon on 127.0.0.1.
start_usbipd() {
	command -v usbipd >/dev/null || skip "usbipd is not installed"
	usbipd "$@" >"$tmp/usbipd.log" 2>&1 &
	usbipd_pid=$!
	pids="$pids $usbipd_pid"
	wait_for 10 usbip list -r 127.0.0.1 || die "usbipd: $(cat "$tmp/usbipd.log")"
}

# --- local devices ----------------------------------------------------------

# busids VID:PID: of all devices that are not imported ones.
busids() {
	for dev in /sys/bus/usb/devices/*; do
		[ -e "$dev/idVendor" ] || continue
		[ "$(cat "$dev/idVendor"):$(cat "$dev/idProduct")" = "$1" ] || continue
		case $(readlink -f "$dev") in
		*/vhci_hcd.*) ;;
		*) basename "$dev" ;;
		esac
	done
}
present() { [ -n "$(busids "$1")" ] || { echo "no $1"; return 1; }; } # VID:PID
driver_of() { # BUSID
	[ ! -e "/sys/bus/usb/devices/$1/driver" ] ||
		basename "$(readlink "/sys/bus/usb/devices/$1/driver")"
}
driven_by() { equals "$(driver_of "$1")" "$2"; } # BUSID DRIVER
exported() { driven_by "$1" usbip-host; }

# gadget NAME VID PID SERIAL: a device on dummy_hcd, not plugged in yet.
# plug NAME UDC, unplug NAME: UDC is dummy_udc.0, dummy_udc.1, …; another UDC is
# another port.
configfs=/sys/kernel/config/usb_gadget
load_dummy() { # [NUMBER OF CONTROLLERS]
	for module in libcomposite usb_f_ss_lb "dummy_hcd num=${1:-1}"; do
		# shellcheck disable=SC2086 # name and parameter
		modprobe $module || skip "no $module on this kernel"
	done
	mountpoint -q /sys/kernel/config || mount -t configfs configfs /sys/kernel/config
}
gadget() {
	g=$configfs/$1
	mkdir "$g" "$g/strings/0x409" "$g/configs/c.1" "$g/functions/SourceSink.0" || return 1
	echo "0x$2" >"$g/idVendor"
	echo "0x$3" >"$g/idProduct"
	echo "$4" >"$g/strings/0x409/serialnumber"
	echo "usbip-ext gadget $1" >"$g/strings/0x409/product"
	echo 0 >"$g/functions/SourceSink.0/pattern"
	ln -s "$g/functions/SourceSink.0" "$g/configs/c.1/"
}
plug() { echo "$2" >"$configfs/$1/UDC"; }
unplug() { echo >"$configfs/$1/UDC"; }

cleanup_gadgets() {
	for g in "$configfs"/*; do
		[ -d "$g" ] || continue
		[ -z "$(cat "$g/UDC")" ] || echo >"$g/UDC"
		rm "$g"/configs/c.1/SourceSink.0
		rmdir "$g/configs/c.1" "$g/functions/SourceSink.0" "$g/strings/0x409" "$g"
	done
	case $modules_at_start in
	*" dummy_hcd "*) ;;
	*) unload dummy_hcd usb_f_ss_lb ;;
	esac
}
