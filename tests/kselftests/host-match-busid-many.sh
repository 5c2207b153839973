#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# match_busid takes more busids than a page can show, and forgets each of them again.
. "$(dirname "$0")/../lib.sh"

list=$host/match_busid
each() { # WORD: writes "WORD 98-N" for N from 1 to 999
	each=1
	while [ $each -le 999 ]; do
		echo "$1 98-$each" >"$list" || return 1
		each=$((each + 1))
	done
}

plan 6
load_host || die "usbip-host does not load"
check "999 busids are added" each add
check "the list fills a page" test "$(wc -c <"$list")" -gt 4000
check "what it shows is right" contains "$(cat "$list")" "^98-1 98-2 98-3 .* 98-500 "
check "999 busids are deleted" each del
check "the list is empty" equals "$(cat "$list")" ""
check "none is left to delete" fails each del
