#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The Debian packages on Debian testing, forky: installed, upgraded, a second kernel, purged. TAP.
# Called by tests/check through prove.
# Needs what debs needs.
exec "$(dirname "$0")/debs" forky
