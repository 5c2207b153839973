#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Each allocation of bind, rules, a client fails once, and nothing leaks.
# Needs a kernel with FAILSLAB and kmemleak; run_tests.sh runs it in a VM.
# timeout 300
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../hammer/debug.sh"

plan 10
debug_kernel
load_dummy 1
load_host || die "usbip-host does not load"
gadget one 1d6b 0104 A1
plugged one dummy_udc.0
forget_leaks
check "match_busid, add" walk match-add "$busid"
check "bind" walk bind "$busid"
check "unbind" walk unbind "$busid"
check "rebind" walk rebind "$busid"
check "a rule" walk rules "$busid" 1d6b:0104

set_rules 1d6b:0104 || die "no rule"
wait_for 20 exported "$busid" || die "$busid is not exported"
check "match_busid, del" walk match-del "$busid"
check "a client with a UNIX socket" walk sockfd "$busid"
check "a client with a TCP socket" walk -t sockfd "$busid"
check "afterwards a client gets the descriptors" peer "$busid" enumerate
wait_for 20 status_is "$busid" 1 || die "$busid is still used"

check "nothing has leaked" no_leaks
walks
