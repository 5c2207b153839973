#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The examples for Yocto and Buildroot in docs/install.md, built against Debian's headers with what
# these two would run. TAP.
# Called by tests/check through prove, or by hand.
# Needs Debian's archive in the machine's apt; installs what is missing.
set -eu

here=$(dirname "$(readlink -f "$0")")
"$here/vm/need" git gcc make kmod linux-headers-amd64
headers=/usr/src/$(dpkg-query -W -f '${Depends}' linux-headers-amd64 | sed 's/ .*//')
kernel=${headers#/usr/src/linux-headers-}
source=${headers%-*}-common # of the kernel; what was configured is in $headers
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
n=0 rc=0
# shellcheck source=tap.sh
. "$here/tap.sh"

# installed FOLDER: the three are there, where depmod prefers them to the kernel's own.
installed() {
	[ "$(cd "$1/updates" && find . -name '*.ko' -printf '%f ' | xargs -n 1 | sort | xargs)" = \
		"usbip-ext-core.ko usbip-host.ko vhci-hcd.ko" ]
}

echo 1..5

# Yocto: the class "module" calls make twice, with the variables of the recipe.
"$here/vm/tree" "$tmp/yocto"
"$here/document" yocto >"$tmp/recipe"
value() { sed -n "s/^$1 = \"\(.*\)\"\$/\1/p" "$tmp/recipe"; } # VARIABLE
yocto() { # ARG...
	# shellcheck disable=SC2046 # words
	try make -C "$tmp/yocto" KERNEL_SRC="$source" O="$headers" CC=gcc-12 LD=ld OBJCOPY=objcopy STRIP=strip "$@"
}
# shellcheck disable=SC2046 # words
yocto KERNEL_PATH="$source" KERNEL_VERSION="$kernel" AR=ar $(value MAKE_TARGETS)
ok "Yocto's class builds the recipe" succeeded
yocto DEPMOD=echo MODLIB="$tmp/image/lib/modules/$kernel" modules_install
ok "it installs the modules" installed "$tmp/image/lib/modules/$kernel"
recipe_holds() {
	[ "$(value LIC_FILES_CHKSUM)" = "file://COPYING;md5=$(md5sum <"$here/../COPYING" | sed 's/ .*//')" ] &&
		[ -s "$tmp/yocto/Module.symvers" ] # the class warns when there is none
}
ok "the recipe's checksum is right" recipe_holds

# Buildroot: "kernel-module" calls the kernel's make twice, with an option of usbip-ext.mk. Its two
# macros, evaluated, are one rule here.
"$here/vm/tree" "$tmp/buildroot"
{
	# shellcheck disable=SC2016 # make's
	printf '%s\n' 'define rule' 'modules modules_install:' "	make -C $headers PWD=$tmp/buildroot M=$tmp/buildroot \\" \
		"		INSTALL_MOD_PATH=$tmp/target DEPMOD=/sbin/depmod \$(USBIP_EXT_MODULE_MAKE_OPTS) \$\$@" endef \
		'kernel-module = $(rule)' 'generic-package ='
	"$here/document" buildroot
} >"$tmp/mk"
try make -f "$tmp/mk" modules
ok "Buildroot builds the package" succeeded
try make -f "$tmp/mk" modules_install
ok "it installs the modules" installed "$tmp/target/lib/modules/$kernel"
