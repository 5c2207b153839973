#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# match_busid takes "add BUSID" and "del BUSID", lists what was added, and refuses the rest.
. "$(dirname "$0")/../lib.sh"

list=$host/match_busid
listed() { equals "$(cat "$list")" "$1"; }
refused() { # WHAT TEXT
	log_mark
	check "$1 is refused" answers "errno EINVAL" "$list" "$2"
	check "$1: one line in the log" kernel_said_times 1 "usbip-host: match_busid: "
}

plan 29
load_host || die "usbip-host does not load"
check "nothing is listed at first" listed ""
check "add" answers ok "$list" "add 98-1"
check "add of another" answers ok "$list" "add 99-1.2.3\n"
check "both are listed" listed "98-1 99-1.2.3 "
check "add of the first again" answers ok "$list" "add 98-1"
check "it is listed once" listed "98-1 99-1.2.3 "
check "del" answers ok "$list" "del 98-1"
check "the other is left" listed "99-1.2.3 "

log_mark
check "del of what is not listed is refused" answers "errno ENODEV" "$list" "del 98-1"
check "the log names it" kernel_said_times 1 "usbip-host: match_busid: del 98-1: "

refused "a word that is no command" "sub 98-1"
refused "a command without busid" "add"
refused "an empty busid" "add  "
refused "a busid without command" "98-1"
refused "a busid of 32 characters" "add $(printf '%032d' 1)"
refused "a line longer than any" "add $(printf '%0200d' 1)"
refused "a line longer than any, to delete" "del $(printf '%0200d' 1)"

check "a busid of 31 characters is accepted" answers ok "$list" "add $(printf '%031d' 1)"
check "it can be deleted" answers ok "$list" "del $(printf '%031d' 1)"
check "after all that the list is as before" listed "99-1.2.3 "
check "del of the last" answers ok "$list" "del 99-1.2.3"
check "nothing is listed" listed ""
