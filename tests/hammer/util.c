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
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
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

/*
 * What there is to choose from, as it was up to a second ago: shared by all
 * workers, for sysfs has one lock, and looking takes longer than doing.
 */
#define LISTS	  64
#define LIST_SIZE 128
#define LIST_AGE  1000 /* ms */

struct list {
	const char *pattern; /* or random_device()'s letter; the same in all workers */
	long filled;
	unsigned int n;
	char paths[LIST_SIZE][96];
};

struct lists {
	pthread_mutex_t lock;
	struct list list[LISTS];
};

static struct lists *shared;

bool lists_share(void)
{
	pthread_mutexattr_t attr;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return false;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&shared->lock, &attr);
	return true;
}

static void list_add(struct list *list, const char *path)
{
	if (list->n < LIST_SIZE)
		snprintf(list->paths[list->n++], sizeof(list->paths[0]), "%s",
			 path);
}

static void list_matches(struct list *list)
{
	glob_t g;
	size_t i;

	if (!glob(list->pattern, GLOB_NOSORT, NULL, &g))
		for (i = 0; i < g.gl_pathc; i++)
			list_add(list, g.gl_pathv[i]);
	globfree(&g);
}

/* One of the list for @pattern, which @fill makes; false when it is empty. */
static bool list_choose(const char *pattern, void (*fill)(struct list *list),
			char *path, size_t size)
{
	static struct list mine;
	struct list *list = shared->list;
	long now = now_ms();
	bool found;

	pthread_mutex_lock(&shared->lock);
	while (list->pattern && strcmp(list->pattern, pattern))
		list++;
	list->pattern = pattern;
	if (!list->filled || now - list->filled > LIST_AGE) {
		/* Others take the old one meanwhile. */
		list->filled = now;
		pthread_mutex_unlock(&shared->lock);
		mine.pattern = pattern;
		mine.filled = now;
		mine.n = 0;
		fill(&mine);
		pthread_mutex_lock(&shared->lock);
		*list = mine;
	}
	found = list->n;
	if (found)
		snprintf(path, size, "%s", list->paths[random_below(list->n)]);
	pthread_mutex_unlock(&shared->lock);
	return found;
}

bool random_match(const char *pattern, char *path, size_t size)
{
	return list_choose(pattern, list_matches, path, size);
}

static bool is_imported(const char *path)
{
	char real[PATH_MAX];
	ssize_t n = readlink(path, real, sizeof(real) - 1);

	real[n < 0 ? 0 : n] = 0;
	return strstr(real, "/vhci_hcd.");
}

static bool is_device(const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	char class[16];

	return !strchr(name, ':') &&
	       !read_at(path, "bDeviceClass", class, sizeof(class)) &&
	       strncmp(class, "09", 2);
}

static void list_devices(struct list *list)
{
	char where = list->pattern[0];
	glob_t g;
	size_t i;

	if (!glob(DEVICES "/*-*", GLOB_NOSORT, NULL, &g))
		for (i = 0; i < g.gl_pathc; i++)
			if (is_device(g.gl_pathv[i]) &&
			    (where == 'a' ||
			     (where == 'v') == is_imported(g.gl_pathv[i])))
				list_add(list, strrchr(g.gl_pathv[i], '/') + 1);
	globfree(&g);
}

bool random_device(char where, char *busid, size_t size)
{
	const char *list = where == 'a' ? "a" : where == 'v' ? "v" : "l";

	return list_choose(list, list_devices, busid, size);
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

int keep_parents(bool removal)
{
	int fd = open("/tmp/hammer.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	flock(fd, removal ? LOCK_EX : LOCK_SH);
	return fd;
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
