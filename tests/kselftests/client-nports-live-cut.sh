#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# nports is lowered to a number within a controller: USB2 ports below it may be in use, no others.
# timeout 120
. "$(dirname "$0")/../lib.sh"

plan 17
load_client nports=15 || die "vhci-hcd does not load"
load_device_drivers
start_sim sim --attach serial:speed=high,hubport=5
start_sim super --attach int:speed=super,hubport=16
check "devices are on ports 5 and 16" wait_for 20 ports_in_state 2 6
log_mark
check "not lowered to 6: another number would mean port 16" answers "errno EBUSY" "$nports" 6
check "one line says so" one_line 'nports=6: port 16 is in use$'
check "nothing has changed" equals "$(cat "$nports") $(cat "$vhci/nports") $(used_ports)" "15 30 5
16"
check "it works" exercise 16
check "port 16 is free" detached 16
check "not lowered to 5: port 5 would go" answers "errno EBUSY" "$nports" 5
check "lowered to 6" set_nports 6
check "there are 6 and 6" equals "$(status_lines | cut -c 1-8)" "$(seq -f 'hs  %04g' 0 5; seq -f 'ss  %04g' 6 11)"
check "the device on port 5 works" exercise 5
check "there is no port 12" answers "errno EINVAL" "$vhci/attach" '12 %d 1 3' unix
start_sim moved --attach 11 int:speed=super
check "the last one takes a device" wait_for 20 usable 11
check "which works" exercise 11
check "raised to 15" set_nports 15
check "all numbers are as they were" equals "$(status_lines | cut -c 1-8)" \
	"$(seq -f 'hs  %04g' 0 5; seq -f 'ss  %04g' 6 11; seq -f 'hs  %04g' 12 20; seq -f 'ss  %04g' 21 29)"
check "the device on port 5 works" exercise 5
check "the device on port 11 works" exercise 11
