# shellcheck shell=sh disable=SC2034 # for who sources this
# SPDX-License-Identifier: GPL-2.0-only
# What differs between the architectures that a root may have.
# Called (sourced) by foreign, build and run.
# Needs dpkg.

# architecture ROOT: by Debian's name.
architecture() {
	dpkg-query --admindir="$1/var/lib/dpkg" -W -f '${Architecture}' dpkg ||
		{ echo "$1 is no root of Debian" >&2; return 1; }
}

# about ARCH: sets $emulator, that of qemu-user that runs its programs here, or nothing; for QEMU
# $qemu_package, $machine, the command and what it emulates, and $second, which gives it a second serial port;
# $console_tty and $words_tty, how the guest names the two.
about() {
	emulator='' qemu_package=qemu-system-arm console_tty=ttyAMA0 words_tty=ttyS0
	second='-device pci-serial,chardev=words' # the machine has but one of its own
	case $1 in
	amd64 | i386)
		qemu_package=qemu-system-x86 console_tty=ttyS0 words_tty=ttyS1 second='-serial chardev:words'
		# Four levels of page tables: with five, KASAN takes any address for a wild one in an
		# interrupt that comes while the kernel looks at its first CPU and has forgotten LA57 for a
		# moment. No "rep movsb" for what "rep movsq" can do: QEMU takes its steps one by one, and all
		# takes a fifth longer.
		machine='qemu-system-x86_64 -machine q35 -cpu max,la57=off,-erms,-fsrm'
		;;
	armhf) emulator=arm machine='qemu-system-arm -machine virt,highmem=off -cpu cortex-a15' ;;
	arm64) emulator=aarch64 machine='qemu-system-aarch64 -machine virt -cpu cortex-a72' ;;
	*) echo "no such architecture: $1" >&2; return 1 ;;
	esac
}
