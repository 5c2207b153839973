// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold-buses: holds the USB core's list of buses, as a reader of usbfs's "devices" may,
 * until it is killed: what it reads goes to memory that is never there. With the FILE
 * of a device in /dev/bus/usb, it holds that device's lock.
 * Uses libc and userfaultfd only.
 * Called by kselftests, through tests/lib.sh.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEVICES "/sys/kernel/debug/usb/devices"

static int fail(const char *what)
{
	perror(what);
	return 1;
}

int main(int argc, char **argv)
{
	const char *file = argc > 1 ? argv[1] : DEVICES;
	size_t size = sysconf(_SC_PAGESIZE);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register memory = {
		.range.len = size,
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int faults = syscall(SYS_userfaultfd, 0);
	int devices = open(file, O_RDONLY);
	void *page;

	if (faults < 0)
		return fail("userfaultfd");
	if (devices < 0)
		return fail(file);
	page = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return fail("memory");
	memory.range.start = (unsigned long)page;
	if (ioctl(faults, UFFDIO_API, &api) ||
	    ioctl(faults, UFFDIO_REGISTER, &memory))
		return fail("userfaultfd");

	/* Nobody answers the fault. */
	if (read(devices, page, size) < 0)
		return fail(file);
	fprintf(stderr, "%s: there is nothing to read\n", file);
	return 1;
}
