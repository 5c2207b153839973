// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random numbers, sysfs, devices, modules: see hammer.h.
 * May call libc only.
 * Called by the hammer's operations and by failnth.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "hammer.h"

static uint64_t random_state = 1;

void random_seed(uint64_t seed)
{
	random_state = seed * 0x9e3779b97f4a7c15ULL + 1;
}

/* The splitmix64 sequence. */
static uint64_t random_next(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

uint32_t random_below(uint32_t n)
{
	return random_next() % n;
}

void sleep_ms(unsigned int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int write_file(const char *path, const char *text)
{
	return sysfs_write(path, text);
}

int write_at(const char *dir, const char *name, const char *text)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return write_file(path, text);
}

int read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;
	int err;

	if (fd < 0)
		return errno;
	n = read(fd, buf, size - 1);
	err = n < 0 ? errno : 0;
	buf[n < 0 ? 0 : n] = 0;
	close(fd);
	return err;
}

int read_at(const char *dir, const char *name, char *buf, size_t size)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return read_file(path, buf, size);
}

bool random_match(const char *pattern, char *path, size_t size)
{
	bool found = false;
	glob_t g;

	if (!glob(pattern, GLOB_NOSORT, NULL, &g) && g.gl_pathc) {
		snprintf(path, size, "%s", g.gl_pathv[random_below(g.gl_pathc)]);
		found = true;
	}
	globfree(&g);
	return found;
}

static bool is_imported(const char *path)
{
	char real[PATH_MAX];

	return realpath(path, real) && strstr(real, "/vhci_hcd.");
}

static bool is_wanted(const char *path, char where)
{
	const char *name = strrchr(path, '/') + 1;
	char class[16];

	if (strchr(name, ':') || !strchr(name, '-'))
		return false;
	if (read_at(path, "bDeviceClass", class, sizeof(class)) ||
	    !strncmp(class, "09", 2))
		return false;
	return where == 'a' || (where == 'v') == is_imported(path);
}

bool random_device(char where, char *busid, size_t size)
{
	bool found = false;
	unsigned int n = 0;
	glob_t g;
	size_t i;

	if (glob(DEVICES "/*-*", GLOB_NOSORT, NULL, &g))
		return false;
	/* Each of them with the same probability. */
	for (i = 0; i < g.gl_pathc; i++) {
		if (!is_wanted(g.gl_pathv[i], where) || random_below(++n))
			continue;
		snprintf(busid, size, "%s", strrchr(g.gl_pathv[i], '/') + 1);
		found = true;
	}
	globfree(&g);
	return found;
}

int open_device(const char *busid)
{
	char dir[128], bus[16], dev[16], path[64];

	snprintf(dir, sizeof(dir), DEVICES "/%s", busid);
	if (read_at(dir, "busnum", bus, sizeof(bus)) ||
	    read_at(dir, "devnum", dev, sizeof(dev))) {
		errno = ENODEV;
		return -1;
	}
	snprintf(path, sizeof(path), "/dev/bus/usb/%03d/%03d", atoi(bus),
		 atoi(dev));
	return open(path, O_RDWR | O_CLOEXEC);
}

int connect_local(unsigned int port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = htons(port) };
	struct timeval patience = { .tv_sec = 20 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	close(fd);
	return -1;
}

int start_program(char *const argv[])
{
	int pid = fork();
	int null;

	if (pid)
		return pid;
	null = open("/dev/null", O_RDWR);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	execv(argv[0], argv);
	_exit(127);
}

int insert_module(const char *path, const char *params)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return errno;
	err = syscall(SYS_finit_module, fd, params, 0) ? errno : 0;
	close(fd);
	return err;
}

int remove_module(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? errno : 0;
}
