// SPDX-License-Identifier: GPL-2.0-only
/*
 * hammer: everything one can do to both drivers, all at once, at random, for so many seconds.
 * May call the operations' files and util.c.
 * Called by hammer.sh in a VM; harms the devices of any other machine.
 */
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hammer.h"

#define MAX_OPS	  64
#define MAX_PIDS  4096
#define D_LIMIT	  25000	 /* ms in state D: peer_timeout and 5 s */
#define LOCK_WAIT 120000 /* ms for a lock: hung_task_timeout_secs */
#define END_LIMIT 120000 /* ms for the workers to finish what they do */

const char *sim_path;
const char *module_dir;

/* One worker's; written by it, read by main(). */
struct tally {
	unsigned long done;
	unsigned long refused; /* with an errno */
	unsigned long absent;  /* nothing to do it to */
	long longest;	       /* ms */
	long since;	       /* when the one under way began; 0: none is */
	unsigned long errors[134];
};

static struct op ops[MAX_OPS];
static unsigned int n_ops;
static int pids[MAX_OPS];
static struct tally *tallies;
static volatile sig_atomic_t *stop; /* shared */
static unsigned int slower = 1;

static void add_ops(const struct op *more)
{
	for (; more->name; more++)
		ops[n_ops++] = *more;
}

static void count(struct tally *t, int err, long took)
{
	if (!err)
		t->done++;
	else if (err == ENOENT || err == ENODEV || err == ENXIO)
		t->absent++;
	else
		t->refused++;
	if (err >= 0 && err < 134)
		t->errors[err]++;
	if (took > t->longest)
		t->longest = took;
}

static void work(unsigned int n, uint64_t seed)
{
	struct tally *t = &tallies[n];
	const struct op *op = &ops[n];
	unsigned int pause = op->pause * slower;

	/* Whoever kills the hammer kills all of it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, op->name);
	random_seed(seed * MAX_OPS + n);
	while (!*stop) {
		long begin = now_ms();
		int err;

		t->since = begin;
		err = op->run();
		t->since = 0;
		count(t, err, now_ms() - begin);
		sleep_ms(random_below(2 * pause + 1));
	}
	_exit(0);
}

/* --- who waits without being woken ----------------------------------------- */

/* A process in state D that has not run since it was seen before. */
struct sleeper {
	int pid;
	unsigned long switches;
	long since;
};

static struct sleeper sleepers[MAX_PIDS];
static unsigned int n_sleepers;
static long longest_d;
static char longest_d_name[64];
static bool was_stuck;

/* State and count of context switches; false when the process is gone. */
static bool read_status(int pid, char *state, unsigned long *switches, char *name)
{
	char path[64], buf[4096];
	unsigned long n = 0;
	char *line;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (read_file(path, buf, sizeof(buf)))
		return false;
	*state = 0;
	*switches = 0;
	for (line = strtok(buf, "\n"); line; line = strtok(NULL, "\n")) {
		sscanf(line, "Name: %15s", name);
		sscanf(line, "State: %c", state);
		if (sscanf(line, "voluntary_ctxt_switches: %lu", &n) == 1 ||
		    sscanf(line, "nonvoluntary_ctxt_switches: %lu", &n) == 1)
			*switches += n;
	}
	return *state;
}

static long sleeping_since(int pid, unsigned long switches)
{
	unsigned int i;

	for (i = 0; i < n_sleepers; i++)
		if (sleepers[i].pid == pid && sleepers[i].switches == switches)
			return sleepers[i].since;
	return now_ms();
}

static void print_stack(int pid)
{
	char path[64], buf[4096];

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	if (!read_file(path, buf, sizeof(buf)))
		printf("# stack of %d:\n%s", pid, buf);
}

/*
 * Who waits for a lock does so until all before it have had it, each of which is
 * looked at, too: a hub's is held by the USB core while it enumerates what is on
 * that hub, device after device. Told by how the name of the function begins that
 * wants the lock; any other wait counts as one for a transfer.
 */
static bool waits_for_lock(int pid)
{
	static const char *const wants[] = {
		"__device_driver_lock", /* a device's */
		"device_release_driver_internal",
		"device_del",
		"hub_event",
		"usb_disconnect",
		"usbdev_open",
		"usbdev_release",
		"usbdev_ioctl",
		"usb_authorize_device",
		"usb_deauthorize_device",
		"bConfigurationValue_store",
		"remove_store",
		"param_attr_show", /* a module's parameters' */
		"param_attr_store",
		"kernfs_",  /* sysfs' own */
		"tty_lock", /* who closes waits 30 s for what is not sent */
	};
	char path[64], buf[4096], function[64];
	unsigned int i;

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	if (read_file(path, buf, sizeof(buf)) ||
	    sscanf(buf, "[<0>] %63[^+]", function) != 1)
		return false;
	for (i = 0; i < sizeof(wants) / sizeof(wants[0]); i++)
		if (!strncmp(function, wants[i], strlen(wants[i])))
			return true;
	return false;
}

/* Once: the whole picture, of everybody who sleeps in the kernel for D or works. */
static void print_all_stacks(void)
{
	static bool done;
	struct dirent *e;
	DIR *dir;

	if (done)
		return;
	done = true;
	write_file("/proc/sysrq-trigger", "d"); /* locks held, if lockdep is there */
	dir = opendir("/proc");
	while (dir && (e = readdir(dir))) {
		int pid = atoi(e->d_name);
		char state, name[16] = "?", path[64], buf[4096];
		unsigned long switches;

		if (pid <= 0 || !read_status(pid, &state, &switches, name))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/stack", pid);
		if (state != 'D' && strncmp(name, "kworker", 7))
			continue;
		if (read_file(path, buf, sizeof(buf)) ||
		    strstr(buf, "[<0>] worker_thread") == buf ||
		    strstr(buf, "[<0>] rescuer_thread") == buf)
			continue;
		printf("# %d %s %c\n%s", pid, name, state, buf);
	}
	closedir(dir);
}

static void look_for_sleepers(void)
{
	struct sleeper now[MAX_PIDS];
	static unsigned int told;
	unsigned int n = 0;
	struct dirent *e;
	DIR *dir = opendir("/proc");

	while (dir && n < MAX_PIDS && (e = readdir(dir))) {
		int pid = atoi(e->d_name);
		unsigned long switches;
		char state, name[16] = "?";
		long waited;

		if (pid <= 0 || !read_status(pid, &state, &switches, name) ||
		    state != 'D')
			continue;
		now[n].pid = pid;
		now[n].switches = switches;
		now[n].since = sleeping_since(pid, switches);
		waited = now_ms() - now[n++].since;
		if (waited >= D_LIMIT &&
		    (waited >= LOCK_WAIT || !waits_for_lock(pid))) {
			was_stuck = true;
			if (told++ < 20)
				printf("# %s (%d) is in state D for %ld s\n",
				       name, pid, waited / 1000);
			print_all_stacks();
		}
		if (waited > longest_d) {
			longest_d = waited;
			snprintf(longest_d_name, sizeof(longest_d_name), "%s",
				 name);
		}
	}
	if (dir)
		closedir(dir);
	memcpy(sleepers, now, n * sizeof(now[0]));
	n_sleepers = n;
}

/* --- the end ---------------------------------------------------------------- */

static unsigned long total(void)
{
	unsigned long sum = 0;
	unsigned int i;

	for (i = 0; i < n_ops; i++)
		sum += tallies[i].done + tallies[i].refused + tallies[i].absent;
	return sum;
}

/* By one of its workers. */
static bool was_done(const struct op *op)
{
	unsigned int i;

	for (i = 0; i < n_ops; i++)
		if (ops[i].run == op->run && tallies[i].done)
			return true;
	return false;
}

static bool all_were_done(void)
{
	unsigned int i;

	for (i = 0; i < n_ops; i++)
		if (!was_done(&ops[i]))
			return false;
	return true;
}

/* The workers end by themselves. Return: how many did not. */
static unsigned int end_workers(void)
{
	long end = now_ms() + END_LIMIT;
	unsigned int i, left;

	*stop = 1;
	do {
		left = 0;
		for (i = 0; i < n_ops; i++) {
			if (pids[i] && waitpid(pids[i], NULL, WNOHANG) == pids[i])
				pids[i] = 0;
			left += !!pids[i];
		}
		look_for_sleepers();
		sleep_ms(200);
	} while (left && now_ms() < end);

	for (i = 0; i < n_ops; i++) {
		if (!pids[i])
			continue;
		printf("stuck for %ld s: %s\n",
		       (now_ms() - tallies[i].since) / 1000, ops[i].name);
		print_stack(pids[i]);
		kill(pids[i], SIGKILL);
	}
	return left;
}

/* Return: how many workers have an operation that never succeeded. */
static unsigned int print_table(void)
{
	unsigned int i, e, idle = 0;

	printf("operation                done  refused   absent  longest  errors\n");
	for (i = 0; i < n_ops; i++) {
		const struct tally *t = &tallies[i];

		printf("%-20s %8lu %8lu %8lu %6ld ms ", ops[i].name, t->done,
		       t->refused, t->absent, t->longest);
		for (e = 1; e < 134; e++)
			if (t->errors[e])
				printf(" %s:%lu", errno_name(e), t->errors[e]);
		printf("%s\n", was_done(&ops[i]) ? "" : "  NEVER DONE");
		idle += !was_done(&ops[i]);
	}
	printf("total: %lu operations of %u kinds, longest in state D: %ld ms (%s)\n",
	       total(), n_ops, longest_d, longest_d_name);
	return idle;
}

static int usage(void)
{
	puts("hammer [-s SEED] [-x NAME]... [-f FACTOR] -d TREE SECONDS\n"
	     "TREE is this project's, with the modules and tests/sim built; -x leaves an operation\n"
	     "out; FACTOR says how slow the kernel is: pauses are longer by that.\n"
	     "Goes on until each operation has succeeded once, for SECONDS more at most. Prints a\n"
	     "table; exits 1 when a worker does not end or never succeeded, with 4 more when a task\n"
	     "was in state D for too long: 25 s, or 120 s for a lock.");
	return 2;
}

int main(int argc, char **argv)
{
	uint64_t seed = time(NULL);
	unsigned int i, bad;
	char sim[512];
	long begin, end, told;
	int opt;

	add_ops(attach_ops);
	add_ops(server_ops);
	add_ops(files_ops);
	add_ops(usb_ops);
	add_ops(io_ops);
	add_ops(modules_ops);
	while ((opt = getopt(argc, argv, "s:x:d:f:")) != -1) {
		switch (opt) {
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'f':
			slower = atoi(optarg);
			break;
		case 'd':
			module_dir = optarg;
			break;
		case 'x':
			for (i = 0; i < n_ops; i++)
				if (!strcmp(ops[i].name, optarg))
					ops[i] = ops[--n_ops];
			break;
		default:
			return usage();
		}
	}
	if (argc - optind != 1 || !module_dir)
		return usage();
	snprintf(sim, sizeof(sim), "%s/tests/sim/usbip-sim", module_dir);
	sim_path = sim;

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	tallies = mmap(NULL, MAX_OPS * sizeof(*tallies) + sizeof(*stop),
		       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tallies == MAP_FAILED || !lists_share())
		return perror("mmap"), 2;
	stop = (void *)(tallies + MAX_OPS);
	printf("seed %llu, %u workers\n", (unsigned long long)seed, n_ops);

	begin = now_ms();
	end = begin + atol(argv[optind]) * 1000;
	for (i = 0; i < n_ops; i++) {
		pids[i] = fork();
		if (!pids[i])
			work(i, seed);
	}
	/* Watches in time, whatever the load. */
	setpriority(PRIO_PROCESS, 0, -10);
	for (told = begin; now_ms() < (all_were_done() ? end : 2 * end - begin);
	     sleep_ms(1000)) {
		look_for_sleepers();
		if (now_ms() - told < 30000)
			continue;
		told = now_ms();
		printf("# %ld s: %lu operations\n", (told - begin) / 1000,
		       total());
	}
	bad = end_workers();
	bad += print_table();
	return (bad ? 1 : 0) + (was_stuck ? 4 : 0);
}
