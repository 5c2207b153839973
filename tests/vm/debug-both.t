#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The kselftests both-* in a VM with the debug kernel (for debug-* see memory-short.t, debug-memory.t).
# Not stock-*: of the kernel's own usbip-host KASAN says that it uses URBs it has freed, lockdep that
# it unlocks a mutex twice. KTAP.
# Called by tests/check through prove.
# Needs what kselftests needs.
exec "$(dirname "$0")/kselftests" -d 'both-*'
