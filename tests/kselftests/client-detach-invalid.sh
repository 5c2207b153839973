#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every invalid write to detach answers EINVAL, leaves one log line naming the value, and changes no port.
# timeout 120
. "$(dirname "$0")/../lib.sh"

plan 12
load_client nports=8 || die "vhci-hcd does not load"
start_sim sim --attach 0 int:speed=high
check "port 0 is used" wait_for 20 usable 0
before=$(status_lines)

# refused TEXT WHAT-THE-LOG-NAMES
refused() {
	log_mark
	answers "errno EINVAL" "$vhci/detach" "$1" &&
		one_line "$2" && equals "$(status_lines)" "$before"
}

check "text" refused 'hello' 'got "hello"'
check "an empty line" refused '\n' 'got ""'
check "text after the port" refused '0 x' 'got "0 x"'
check "two ports" refused '0 1' 'got "0 1"'
check "hexadecimal" refused '0x0' 'got "0x0"'
check "a fraction" refused '0.5' 'got "0.5"'
check "a negative port" refused '-1' 'got "-1"'
check "the first port that is none" refused '16' 'port 16'
check "the largest number" refused '4294967295' 'port 4294967295'
check "a port of more than 32 bits" refused '4294967296' '4294967296'
check "a valid write is taken" detach 0
