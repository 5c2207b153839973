#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The Debian packages as built: lintian, and the same bytes whoever builds them, when and where. TAP.
# Called by tests/check through prove.
# Needs Debian's archive in the machine's apt; installs what is missing.
set -eu

top=$(dirname "$(dirname "$(readlink -f "$0")")")
cd "$top"
tests/vm/need git lintian diffoscope-minimal faketime
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
n=0 rc=0
# shellcheck source=tap.sh
. tests/tap.sh

failed_with() { [ $rc -ne 0 ] && grep -q "$1" "$tmp/words"; } # WORDS
same() {
	for file in "$tmp/here"/*.deb "$tmp/here"/*.dsc "$tmp/here"/*.tar.*; do
		other=$tmp/there/${file##*/}
		cmp "$file" "$other" || { diffoscope "$file" "$other" | head -n 60; return 1; }
	done
}
# Another's tree: somebody else's umask, clock and language.
elsewhere() {
	tests/vm/tree "$tmp/elsewhere"
	chmod -R go-rwx "$tmp/elsewhere"
	git -C "$tmp/elsewhere" init -q
	(umask 077 && TZ=Asia/Kolkata LC_ALL=C.UTF-8 faketime -f +400d "$tmp/elsewhere/scripts/deb" "$tmp/there")
}
built() { [ "$(cd "$1" && echo ./*.deb)" = "./usbip-ext-dkms_$2_all.deb ./usbip-ext_$2_all.deb" ]; } # FOLDER VERSION
disagree() {
	sed -i '1s/(.*)/(9.9.9)/' "$tmp/elsewhere/debian/changelog"
	"$tmp/elsewhere/scripts/deb" "$tmp/never"
}
# As dkms does, with bash.
kernels() { # KERNEL...: those that dkms.conf has nothing against
	for kernel; do
		kernel_source_dir=/nowhere dkms_tree=/nowhere bash -c '. ./dkms.conf
			[[ $1 =~ $BUILD_EXCLUSIVE_KERNEL ]] && printf "%s " "$1"' bash "$kernel"
	done
}
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)

echo 1..10
try scripts/deb "$tmp/here"
ok "the packages are built" succeeded
ok "they are two" built "$tmp/here" "$version"
try lintian --fail-on error,warning "$tmp/here"/*.changes
ok "lintian finds no error and nothing to warn of" succeeded
ok "nothing is hidden from lintian" test -z "$(find debian -name '*lintian-overrides*')"
try elsewhere
ok "another builds them, elsewhere and next year" succeeded
try same
ok "they are the same, byte by byte" succeeded
try disagree
ok "a changelog with another version than dkms.conf is refused" failed_with 'has another version than'
ok "dkms may build for every kernel in the range" test \
	"$(kernels 5.10.0 5.10.0-30-amd64 5.19.17 6.0 6.1.0-57-amd64 6.19.1 7.0.0-rc1 7.3 7.3.5+rpt)" = \
	"5.10.0 5.10.0-30-amd64 5.19.17 6.0 6.1.0-57-amd64 6.19.1 7.0.0-rc1 7.3 7.3.5+rpt "
ok "and for no other" test -z "$(kernels 4.19.0-27-amd64 5.1.0 5.9.16 5.100.1 7.4.0-rc1 7.30.1 8.0 10.1 15.10)"
ok "the package's description names that range" \
	grep -q "for kernels $(sed -n 's/^KERNELS="\(.*\)"/\1/p' dkms.conf)\." debian/control
