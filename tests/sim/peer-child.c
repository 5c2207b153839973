// SPDX-License-Identifier: GPL-2.0-only
/*
 * A script as a client of its own, in a process of its own, for who runs many.
 * May call peer-device.c and peer-script.c.
 * Called by peer-table.c and peer-random.c.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peer.h"

/* Seconds after which a script counts as hung; slow kernels take their time. */
#define CHILD_LIMIT 60

static void __attribute__((noreturn))
child(const char *busid, bool tcp, const char *script, int words)
{
	struct peer p = { .fd = -1, .timeout = 10000 };

	dup2(words, STDOUT_FILENO);
	dup2(words, STDERR_FILENO);
	alarm(CHILD_LIMIT);
	device_connect(&p, busid, tcp);
	script_run(&p, script);
	exit(0);
}

/*
 * Runs the script as the client of that device. words: what it said, of a failed
 * one the reason. Returns whether it came to its end.
 */
bool child_run(const char *busid, bool tcp, const char *script, char *words,
	       size_t size)
{
	FILE *file = tmpfile();
	int fd = file ? fileno(file) : -1;
	int status = -1;
	ssize_t n;
	pid_t pid;

	if (!file) {
		perror("tmpfile");
		exit(1);
	}
	fflush(stdout);
	pid = fork();
	if (!pid)
		child(busid, tcp, script, fd);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	n = pread(fd, words, size - 1, 0);
	words[n > 0 ? n : 0] = 0;
	fclose(file);
	if (WIFSIGNALED(status))
		snprintf(words, size, "%s after %d s",
			 strsignal(WTERMSIG(status)), CHILD_LIMIT);
	return !status;
}

bool child_until_available(const char *busid, int64_t ms)
{
	int64_t deadline = now_ms() + ms;
	bool late;

	for (;;) {
		/* Before it looks: it may not run for a while. */
		late = now_ms() > deadline;
		if (device_available(busid))
			return true;
		if (late)
			return false;
		usleep(5000);
	}
}
