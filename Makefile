# SPDX-License-Identifier: GPL-2.0-only
# What a person types. The kernel's build system reads Kbuild instead.
KDIR ?= $(or $(KERNEL_SRC),/lib/modules/$(shell uname -r)/build)

help:
	@echo "make demo       show it: a Pi and a workstation in two VMs (as root)"
	@echo "make check      the tests, in VMs (as root); an hour"
	@echo "make check-pi   those of them with an emulated Raspberry Pi 3; five minutes"
	@echo "make matrix     every kernel from 5.10 on: built for, booted, tested; an hour (as root)"
	@echo "make check-deb  the Debian packages on Debian 11, 12, 13 and testing; ten minutes"
	@echo "make fuzz       look for what breaks the drivers in user space; an hour, or FUZZ=SECONDS"
	@echo "make soak       what takes longer: races for an hour, disks under load and random"
	@echo "                peers for ten minutes each (HAMMER, SOAK: seconds), 100 boards for five,"
	@echo "                dkms on arm64"
	@echo "make bench      what it costs beside the kernel's own, in VMs (as root); four minutes"
	@echo "make bench-faults"
	@echo "                what faults lead to, beside the kernel's own drivers; half an hour"
	@echo "make bench-wan  how fast a disk is over a slow network, beside the kernel's own; ten minutes"
	@echo "make modules    build the modules; KDIR=… names the kernel's headers"
	@echo "make install    install them with dkms (as root); KERNEL=… for another than"
	@echo "                the running one"
	@echo "make uninstall  and back to the kernel's own"
	@echo "make modules_install"
	@echo "                them only, without dkms, to updates/; KDIR=…, INSTALL_MOD_PATH=…"
	@echo "make deb        Debian packages of all this, in build/deb"
	@echo "make lint       warnings, sparse, checkpatch, clang-format, shellcheck"
	@echo "make unit       the user-space tests"
	@echo "make clean"

modules:
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

modules_install:
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_DIR=updates modules_install

install:
	scripts/install $(if $(KERNEL),-k $(KERNEL))

uninstall:
	scripts/install -u $(if $(KERNEL),-k $(KERNEL))

deb:
	scripts/deb

demo:
	scripts/demo/demo

check:
	tests/check

check-pi:
	tests/check pi

matrix:
	tests/matrix

check-deb:
	tests/check deb

fuzz:
	FUZZ=$${FUZZ:-3600} tests/check fuzz

soak:
	tests/check soak

bench-faults:
	tests/vm/need git gcc make libc6-dev python3
	tests/faults/bench

bench-wan:
	tests/vm/need git make python3
	tests/bench/wan

bench:
	tests/vm/need git gcc make libc6-dev python3
	tests/bench/bench

lint:
	tests/check lint

unit:
	tests/check unit sim

clean:
	rm -f Module.symvers modules.order
	find core vhci-ext usbip-host-ext \( -name '*.o' -o -name '*.ko' -o -name '*.mod' \
		-o -name '*.mod.c' -o -name '.*.cmd' \) -delete
	$(MAKE) -C tests clean
	$(MAKE) -C tests/fuzz clean

.PHONY: help modules modules_install install uninstall deb demo check check-pi check-deb matrix fuzz soak bench bench-faults bench-wan lint unit clean
