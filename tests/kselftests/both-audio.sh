#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A USB sound card plays through both drivers: no sample is lost or changed.
# timeout 120
. "$(dirname "$0")/../lib.sh"

# The second of silence pushes the tune out of QEMU's buffers.
new_tune() {
	head -c 576000 /dev/urandom >"$tmp/tune"
	{ cat "$tmp/tune"; head -c 192000 /dev/zero; } >"$tmp/raw"
}
play() { # BUSID
	full_volume "$1" && aplay -D "hw:$(card_of "$1"),0" -t raw -f S16_LE -r 48000 -c 2 \
		--buffer-time=2000000 "$tmp/raw"
}

plan 7
qemu_sound
new_tune
check "without USB/IP it plays" play "$busid"
check "every sample" recorded "$tmp/tune"

load_host || die "usbip-host does not load"
load_client nports=8 || die "vhci-hcd does not load"
check "it can be bound" usbip bind -b "$busid"
start_usbipd
check "it can be attached" usbip attach -r 127.0.0.1 -b "$busid"
wait_for 20 ports_in_state 1 6 || die "no port has it"
there=$(port_busid "$(used_ports)")
check "it is a sound card again" wait_for 20 card_of "$there"
new_tune
check "it plays" play "$there"
check "every sample" recorded "$tmp/tune"
