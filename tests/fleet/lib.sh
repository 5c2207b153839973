# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What the kselftests of usbip-fleet share: servers to kill, a configuration, the daemon, the clock.
# Called (sourced, after tests/lib.sh) by kselftests/*fleet*.sh.
# Needs python3. Own /etc and /run; the machine's sysfs, and its /var/run/vhci_hcd if told to.

# shellcheck disable=SC2154 # tmp, tests and sim_dir are of tests/lib.sh
fleet_root=$tmp/root
mkdir -p "$fleet_root/etc/usbip/fleet.d" "$fleet_root/run" "$fleet_root/var"
ln -s /sys "$fleet_root/sys"
ln -s /var/run "$fleet_root/var/run"
fleet() { "$tests/../scripts/usbip-fleet" -r "$fleet_root" "$@"; }
fleet_pid=''
# How much longer all takes here than on the machines that the promises are about.
slower=1
! slow_kernel || slower=4

# server NAME PORT DEVICE...: usbip-sim there, again and again with the same devices.
# tell NAME WORDS: to its control. kill_server NAME, as a server does that loses power.
server() {
	server_name=$1
	shift
	mkfifo "$tmp/$server_name.in"
	printf '%s\n' "$@" >"$tmp/$server_name.args"
	start_server "$server_name"
}
start_server() {
	server_log=$tmp/$1.log
	# shellcheck disable=SC2046 # words, none of them empty
	"$sim_dir/usbip-sim" -i -p $(cat "$tmp/$1.args") <>"$tmp/$1.in" >"$server_log" 2>&1 &
	echo $! >"$tmp/$1.pid"
	pids="$pids $!"
	renice -n -5 -p $! >"$tmp/renice" # it stands for another machine
	wait_for 20 grep -q '^ready' "$server_log" || die "usbip-sim: $(cat "$server_log")"
}
tell() {
	tell_name=$1
	shift
	echo "$*" >"$tmp/$tell_name.in"
}
kill_server() {
	kill -KILL "$(cat "$tmp/$1.pid")"
	wait "$(cat "$tmp/$1.pid")"
}

# start_fleet: the daemon, until it listens. stop_fleet [SIGNAL].
start_fleet() {
	rm -f "$fleet_root/run/usbip-fleet/control"
	# Not by the function, whose process would be another one.
	"$tests/../scripts/usbip-fleet" -r "$fleet_root" daemon >>"$tmp/fleet.log" 2>&1 &
	fleet_pid=$!
	pids="$pids $fleet_pid"
	wait_for 60 test -S "$fleet_root/run/usbip-fleet/control" || die "$(cat "$tmp/fleet.log")"
}
stop_fleet() {
	kill "-${1:-TERM}" "$fleet_pid"
	wait "$fleet_pid"
}
fleet_said() { grep -qE -e "$1" "$tmp/fleet.log" || { cat "$tmp/fleet.log"; return 1; }; }
fleet_said_times() { # NUMBER PATTERN
	equals "$(grep -cE -e "$2" "$tmp/fleet.log")" "$1"
}

# The daemon's records, which cost nothing to look at: port_of NAME; is_attached NAME. The port is
# known before the kernel is told.
port_of() { grep -l "\"name\": \"$1\", .*\"established\": true" "$fleet_root"/run/usbip-fleet/ports/* | sed 's,.*/,,'; }
is_attached() { [ -n "$(port_of "$1")" ]; }
not_attached() { ! is_attached "$1"; }
count_attached() { grep -l '"established": true' "$fleet_root"/run/usbip-fleet/ports/* | wc -l; }
all_attached() { equals "$(count_attached)" "$1"; }
here() { port_busid "$(port_of "$1")"; } # bus ID on this machine
# attached NAME: is, before half a minute is over; else what the daemon said.
attached() { wait_for $((30 * slower)) is_attached "$1" || { cat "$tmp/fleet.log"; return 1; }; }
devnum_of() { attribute "$(here "$1")" devnum; }
state_is() { contains "$(fleet status "$1")" "^$1 +$2 "; } # NAME STATE

# Hundredths of a second since the boot, without another process.
now_cs() {
	read -r now_cs _ </proc/uptime
	now_cs=${now_cs%.*}${now_cs#*.}
}
# soon SECONDS SINCE COMMAND...: true before so long after SINCE (of now_cs), or slower times that; says when.
soon() {
	soon_limit=$1 soon_since=$2
	shift 2
	while :; do
		now_cs
		soon_at=$now_cs
		"$@" >/dev/null 2>&1 && break
		[ $((soon_at - soon_since)) -le $((3000 * slower)) ] || break
		sleep 0.05
	done
	echo "after $((soon_at - soon_since)) hundredths of a second: $*"
	[ $((soon_at - soon_since)) -le $((soon_limit * 100 * slower)) ]
}
