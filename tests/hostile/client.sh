# shellcheck shell=sh disable=SC2154 # tmp and tests are from lib.sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs a table of hostile servers as checks of a kselftest.
# Called (sourced, after lib.sh) by hostile-servers.sh and hostile-descriptors.sh.
# Needs Python 3 and what tests/hostile/client needs.

# hostile_table TABLE: a check of each case, and three more. SECTIONS, names of some, makes it shorter.
hostile_table() {
	command -v python3 >/dev/null || skip "no python3 on this machine"
	load_client nports=64 || die "vhci-hcd does not load"
	unload usbtest || die "usbtest is in use" # it would take the devices
	# A broken device must not have lost its port before all of its batch are judged.
	[ "${1##*/}" != client-descriptors.cases ] ||
		echo 60 >/sys/module/usbip_ext_core/parameters/peer_timeout
	table_rc=0
	# shellcheck disable=SC2086 # words
	"$tests/hostile/client" "$1" ${SECTIONS-} >"$tmp/results" 2>"$tmp/errors" || table_rc=$?
	cases=$(sed -n 's/^1\.\.//p' "$tmp/results")
	plan $((${cases:-0} + 3))
	while read -r result; do
		case $result in
		'ok '*) check "${result#ok }" true ;;
		'not ok '*)
			name=${result#not ok }
			check "${name%%:*}" said_why "${name#*: }"
			;;
		'# '*) echo "$result" ;;
		esac
	done <"$tmp/results"
	check "the table was gone through" went_through
	check "usbip port still works" usbip port
	check "all ports are free" wait_for 10 ports_in_state 128 4
}
said_why() { echo "$1"; return 1; }
went_through() { [ "$table_rc" -eq 0 ] || { cat "$tmp/errors"; return 1; }; }
