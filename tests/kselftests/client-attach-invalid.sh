#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every invalid write to attach answers EINVAL, leaves one log line naming the value, and changes no port.
# timeout 120
. "$(dirname "$0")/../lib.sh"

plan 28
load_client nports=8 || die "vhci-hcd does not load"
all_free=$(status_lines)

# refused DESCRIPTOR TEXT WHAT-THE-LOG-NAMES: %d in TEXT is the descriptor.
refused() {
	log_mark
	answers "errno EINVAL" "$vhci/attach" "$2" "$1" &&
		one_line "$3" && equals "$(status_lines)" "$all_free"
}

check "text" refused unix 'hello' 'got "hello"'
check "an empty line" refused unix '\n' 'got ""'
check "one field" refused unix '0' 'got "0"'
check "two fields" refused unix '0 %d' 'got "0 [0-9]+"'
check "three fields" refused unix '0 %d 1' 'got "0 [0-9]+ 1"'
check "five fields" refused unix '0 %d 1 3 9' 'got "0 [0-9]+ 1 3 9"'
check "text after the fields" refused unix '0 %d 1 3 x' 'got "0 [0-9]+ 1 3 x"'
check "text glued to the last field" refused unix '0 %d 1 3x' 'got "0 [0-9]+ 1 3x"'
check "a second line" refused unix '0 %d 1 3\n1 %d 1 3' 'got "0 [0-9]+ 1 3'
check "text for the port" refused unix 'x %d 1 3' 'got "x [0-9]+ 1 3"'
check "text for the descriptor" refused unix '0 x 1 3' 'got "0 x 1 3"'
check "text for the device" refused unix '0 %d x 3' 'got "0 [0-9]+ x 3"'
check "text for the speed" refused unix '0 %d 1 x' 'got "0 [0-9]+ 1 x"'
check "a negative port" refused unix '-1 %d 1 3' '-1'
check "the first port that is none" refused unix '16 %d 1 3' 'port 16'
check "the same for SuperSpeed" refused unix '16 %d 1 5' 'port 16'
check "the largest number" refused unix '4294967295 %d 1 3' '4294967295'
check "a port of more than 32 bits" refused unix '4294967296 %d 1 3' '4294967296'
check "a device of more than 32 bits" refused unix '0 %d 4294967297 3' '4294967297'
check "speed 0" refused unix '0 %d 1 0' 'speed 0'
check "an unknown speed" refused unix '0 %d 1 7' 'speed 7'
check "a speed of more than 32 bits" refused unix '0 %d 1 4294967299' '4294967299'
check "a descriptor that is not open" refused none '0 %d 1 3' 'sockfd 777'
check "a negative descriptor" refused negative '0 %d 1 3' 'sockfd -1'
check "a file" refused file '0 %d 1 3' 'sockfd [0-9]+: not a socket'
check "a datagram socket" refused dgram '0 %d 1 3' 'sockfd [0-9]+: not a stream'
check "a seqpacket socket" refused seqpacket '0 %d 1 3' 'sockfd [0-9]+: not a stream'
check "a valid write is taken" answers ok "$vhci/attach" '0 %d 1 3' unix
