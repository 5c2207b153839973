#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The kselftests client-* in a VM, and load-signal, for which the debug kernel lacks userfaultfd. KTAP.
# Called by tests/check through prove.
# Needs what kselftests needs.
exec "$(dirname "$0")/kselftests" 'client-*' load-signal
