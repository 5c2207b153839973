# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# What the tests that boot VMs share: a folder for logs, the root, the built tree; and TAP.
# Called (sourced) by the *.t beside it that need these, and by kselftests.
# Needs what tests/vm/root and build need. In the environment, for another kernel than Debian 12's:
# VM_ROOT, a folder of root's; VM_TREE, what build has made for it; VM_LOG, where logs go.

here=$(dirname "$(readlink -f "$0")")
n=0 failed=0

# logs NAME: $log, emptied.
logs() {
	log=${VM_LOG:-${XDG_CACHE_HOME:-$HOME/.cache}/usbip-ext/log}/$1
	rm -rf "$log"
	mkdir -p "$log"
}

# prepare NAME [ROOT]: $log; $root, Debian's unless given; and this tree, built, in $log/tree.
prepare() {
	logs "$1"
	root=${2:-${VM_ROOT:-$("$here/root")}}
	if [ -n "${VM_TREE-}" ]; then
		cp -a "$VM_TREE" "$log/tree"
		return
	fi
	"$here/build" "$root" "$log/tree" >"$log/build.log" 2>&1 || {
		sed 's/^/# /' "$log/build.log"
		echo "Bail out! the build failed"
		exit 1
	}
}

# A machine to install on, $tmp/root, for a caller with a mount namespace of its own.
# scratch: sets $tmp, which goes when the test ends, with all that is mounted there.
# layer ROOT: it is ROOT with a layer to write to.
# enter: for what is there already, what else a machine has.
# machine COMMAND...: as its root would run it.
# leave: before $tmp can be removed, as the machine's /dev is in it; dkms leaves a process for seconds.
scratch() {
	tmp=$(mktemp -d)
	trap 'leave; rm -rf --one-file-system "$tmp"' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}
layer() {
	exec 8<"$1"
	flock -s 8 # so that tests/vm/root does not delete it
	mkdir -p "$tmp/mem" "$tmp/root"
	mount -t tmpfs mem "$tmp/mem"
	mkdir "$tmp/mem/files" "$tmp/mem/work"
	mount -t overlay -o "lowerdir=$1,upperdir=$tmp/mem/files,workdir=$tmp/mem/work" overlay "$tmp/root"
	enter
}
enter() {
	mount --bind /dev "$tmp/root/dev"
	mount -t proc proc "$tmp/root/proc"
}
machine() {
	chroot "$tmp/root" env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}
leave() { ! mountpoint -q "$tmp/root/dev" || umount -R -l "$tmp/root" "$tmp/mem"; }

# pretend_running NAME: the machine's uname says that this kernel runs.
pretend_running() {
	printf '%s\n' '#!/bin/sh' "[ \"\$*\" != -r ] || exec echo $1" 'exec /bin/uname "$@"' \
		>"$tmp/root/usr/local/bin/uname"
	chmod +x "$tmp/root/usr/local/bin/uname"
}

# pretend_kernel NAME [OPTION...]: the machine has one of which there is no more than dkms looks at.
pretend_kernel() {
	pretended=$tmp/root/lib/modules/$1
	mkdir -p "$pretended/build/include/config"
	touch "$pretended/build/Makefile" "$pretended/modules.builtin" "$pretended/modules.order"
	shift
	printf '%s\n' CONFIG_USB=m CONFIG_INET=y "$@" >"$pretended/build/include/config/auto.conf"
}

# online: the machine fetches packages as this one does.
online() {
	cp /etc/resolv.conf "$tmp/root/etc/resolv.conf"
	apt-config dump --format '%F "%v";%n' Acquire >"$tmp/root/etc/apt/apt.conf.d/00online"
}

# check WHAT COMMAND...: one result; when it fails, the end of what was said, but for what was ok.
check() {
	what=$1
	shift
	n=$((n + 1))
	if "$@" >"$log/words.$n" 2>&1 </dev/null; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		grep -vE '^[^|]*[|#]* *ok ' "$log/words.$n" | tail -n 40 | sed 's/^/# /'
		# shellcheck disable=SC2034 # for the tests
		failed=1
	fi
}
