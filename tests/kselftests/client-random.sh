#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# After RANDOM_PDUS answers of a server that goes wrong at random all ports work, no memory is lost.
# timeout 1200
. "$(dirname "$0")/../lib.sh"

command -v python3 >/dev/null || skip "no python3 on this machine"
modprobe -a usb_storage sd_mod || skip "no usb-storage on this kernel"
seed=${RANDOM_SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
plan 15
pdus=50000
! slow_kernel || pdus=10000
echo "# seed $seed" # here, too: should the kernel not survive it
unload usbtest || die "usbtest is in use" # it would take the devices
load_client nports=8 unlink_timeout=1 || die "vhci-hcd does not load"
# Enumerations that hang on an answer left out shall not take all the time.
echo 6 >/sys/module/usbip_ext_core/parameters/peer_timeout
patience=/sys/module/usbcore/parameters/initial_descriptor_timeout # ms
before=$(cat $patience)
echo 1000 >$patience

rc=0
"$tests/hostile/client_random" "$seed" "${RANDOM_PDUS:-$pdus}" >"$tmp/results" 2>"$tmp/errors" || rc=$?
echo "$before" >$patience
while read -r result; do
	case $result in
	'ok '*) check "${result#ok }" true ;;
	'not ok '*) check "${result#not ok }" false ;;
	'# '*) echo "$result" ;;
	esac
done <"$tmp/results"
went_through() { [ $rc -eq 0 ] || { cat "$tmp/errors"; return 1; }; }
check "it went through, seed $seed" went_through
check "all ports are free" wait_for 20 ports_in_state 16 4
start_sim good --attach int:speed=high int:speed=super
check "a good device enumerates" wait_for 20 usable "$(sim_port 1)"
check "a SuperSpeed one, too" wait_for 20 usable "$(sim_port 2)"
check "both work" exercise "$(sim_port 1)"
