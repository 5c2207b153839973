#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# debian/tests as Debian runs them: dkms-autopkgtest, the commands. TAP.
# Called by tests/check through prove.
# Needs to be root, overlayfs, what tests/vm/root needs, and Debian's archive in the machine's apt.
set -eu

# All mounts are in a namespace of our own and go with it.
[ "${1-}" = inside ] || exec unshare -m "$0" inside

# shellcheck source=test-lib.sh
. "$(dirname "$(readlink -f "$0")")/test-lib.sh"

scratch

logs autopkgtest
"$here/need" autopkgtest
layer "$("$here/root")"
online
"$here/../../scripts/deb" "$tmp/debs" >"$log/deb" 2>&1

# 0: all passed. What each said is in $log/out.
tests_pass() {
	autopkgtest --output-dir="$log/out" --setup-commands='apt-get update && apt-get install -y apt-utils' \
		"$tmp/debs"/*.deb "$tmp/debs"/*.dsc -- chroot "$tmp/root"
}
passed() { grep -E "^$1 +PASS" "$log/out/summary"; } # TEST

echo 1..3
check "autopkgtest has nothing to complain of" tests_pass
check "dkms-autopkgtest passes" passed dkms-autopkgtest
check "the commands pass" passed commands
exit $failed
