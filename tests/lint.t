#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Static checks: warnings, sparse, checkpatch, formatting, shell, and the project's own rules. TAP.
# Called by tests/check through prove.
# Needs Debian's archive in the machine's apt; installs what is missing.
set -eu

top=$(dirname "$(dirname "$(readlink -f "$0")")")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/usbip-ext
cd "$top"
tests/vm/need git gcc make sparse shellcheck clang-format linux-headers-amd64 \
	mandoc python3-minimal

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
n=0 failed=0

# silent WHAT COMMAND...: passes when the command succeeds and says nothing.
silent() {
	what=$1
	shift
	n=$((n + 1))
	rc=0
	"$@" >"$tmp/words" 2>&1 </dev/null || rc=$?
	if [ $rc -eq 0 ] && [ ! -s "$tmp/words" ]; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what (exit code $rc)"
		head -n 40 "$tmp/words" | sed 's/^/# /'
		failed=1
	fi
}

# A copy, to build in.
tests/vm/tree "$tmp/tree"
headers=$(dpkg-query -W -f '${Depends}' linux-headers-amd64 | sed 's/ .*//')

# The one line that is no warning: Debian's headers have no vmlinux.
build() { # ARG...
	make -s -C "/usr/src/$headers" M="$tmp/tree" "$@" modules >"$tmp/build" 2>&1 ||
		{ cat "$tmp/build"; return 1; }
	grep -v '^Skipping BTF generation for .* due to unavailability of vmlinux$' "$tmp/build" ||
		[ $? -eq 1 ]
}

# checkpatch.pl of Debian's kernel source; the headers do not carry it.
fetch_checkpatch() {
	mkdir -p "$cache"
	exec 9>"$cache/need.lock" # not while somebody installs
	flock 9
	package=$(apt-cache depends linux-source | sed -n 's/.*Depends: \(linux-source-[0-9.]*\).*/\1/p' | head -n 1)
	dir=$cache/checkpatch-$package-$(apt-cache policy "$package" | sed -n 's/.*Candidate: //p')
	if [ ! -d "$dir" ]; then
		mkdir "$tmp/deb"
		chmod 777 "$tmp" "$tmp/deb" # for apt's own user
		(cd "$tmp/deb" && apt-get -qq download "$package") >&2
		source=./usr/src/$package.tar.xz
		dpkg-deb --fsys-tarfile "$tmp/deb"/*.deb | tar -xO "$source" |
			tar -xJ -C "$tmp/deb" "$package/scripts/checkpatch.pl" \
				"$package/scripts/spelling.txt" \
				"$package/scripts/const_structs.checkpatch"
		mv "$tmp/deb/$package/scripts" "$dir"
	fi
	echo "$dir/checkpatch.pl"
}

kernel_code() { git ls-files 'core/*.[ch]' 'compat/*.[ch]' 'vhci-ext/*.[ch]' 'usbip-host-ext/*.[ch]'; }
c_code() { kernel_code; git ls-files 'tests/*.[ch]'; }

# CAMELCASE: the names of the USB core's descriptors. Quiet, it prints findings only.
checkpatch() (
	cd "$tmp/tree" # it writes into a git tree
	# shellcheck disable=SC2046 # no white space in names
	perl "$1" --no-tree --root="/usr/src/$headers" --strict --quiet --terse --no-summary --ignore CAMELCASE \
		--file $(cd "$top" && kernel_code)
)

shell_code() {
	git ls-files -z | xargs -0 grep -lIE '^(#!/bin/sh|#!/bin/busybox sh|# shellcheck shell=sh)'
}

no_such_words() { # PATTERN
	! git grep -nIiE -e "$1" -- . ':!tests/lint.t'
}

mirrors() {
	# shellcheck disable=SC2016 # apt's
	apt-get indextargets --format '$(SITE)' | sed 's#^[a-z]*://##; s#/.*##' |
		sort -u | paste -sd'|'
}

# Each names its licence.
spdx() {
	git ls-files -z -- . ':!*.md' ':!COPYING' ':!.gitignore' ':!debian' ':!tests/fuzz/corpus' |
		xargs -0 grep -LI 'SPDX-License-Identifier: GPL-2.0-only' | grep .
	[ $? -eq 1 ]
}

# A version of the kernel is known in compat/ only.
versions() { ! git grep -nE 'LINUX_VERSION_CODE|KERNEL_VERSION\(' -- '*.[ch]' ':!compat'; }

described() { # MODULE: each of its parameters has a description
	for field in license version description; do
		[ -n "$(modinfo -F "$field" "$1")" ] || echo "$1 has no $field"
	done
	[ "$(modinfo -F license "$1")" = GPL ] || echo "$1 is not GPL"
	modinfo -F parm "$1" | grep -vE '^[a-z_]+:.{20}' || [ $? -eq 1 ]
}

# What it says of style depends on the pages that this machine has.
man_pages() { mandoc -T lint -W warning docs/man/*; }

# Every command that is installed, and every parameter.
in_a_man_page() {
	scripts/install-files tools "$tmp/installed"
	for command in "$tmp"/installed/bin/*; do
		name=${command##*/}
		[ -e "$tmp/installed/share/man/man8/$name.8" ] || echo "$name has no page"
	done
	for pair in core/usbip-ext-core:vhci-hcd-ext core/usbip-ext-core:usbip-host-ext \
		vhci-ext/vhci-hcd:vhci-hcd-ext usbip-host-ext/usbip-host:usbip-host-ext; do
		modinfo -F parm "$tmp/tree/${pair%:*}.ko" | while IFS=: read -r name _; do
			grep -q "^\.It Cm $name$" "docs/man/${pair#*:}.4" ||
				echo "$name is not in docs/man/${pair#*:}.4"
		done
	done
}

echo 1..16
silent "the modules build with W=1 and no warning" build W=1
silent "usbip-ext-core.ko says what it is" described "$tmp/tree/core/usbip-ext-core.ko"
silent "vhci-hcd.ko says what it is" described "$tmp/tree/vhci-ext/vhci-hcd.ko"
silent "usbip-host.ko says what it is" described "$tmp/tree/usbip-host-ext/usbip-host.ko"
silent "every command and every parameter is in a man page" in_a_man_page
make -s -C "/usr/src/$headers" M="$tmp/tree" clean
silent "mandoc -T lint has nothing to say" man_pages
silent "sparse has nothing to say" build C=2
silent "checkpatch --strict has nothing to say" checkpatch "$(fetch_checkpatch)"
# shellcheck disable=SC2046 # no white space in names
silent "clang-format would change nothing" clang-format --dry-run -Werror $(c_code)
# shellcheck disable=SC2046
silent "shellcheck has nothing to say" shellcheck -x $(shell_code)
silent "every file names its licence" spdx
silent "kernel versions are known in compat/ only" versions
silent "no file names a package mirror" no_such_words "$(mirrors)"
silent "no check is silenced" no_such_words '\|\| true'
silent "no unit asks for a module whose name has a -: see usbipd.service" \
	no_such_words 'modprobe@[[:alnum:]_]*-[[:alnum:]_]*[.]service'
silent "no white space at line ends" no_such_words "[[:blank:]]$"
exit $failed
