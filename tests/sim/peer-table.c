// SPDX-License-Identifier: GPL-2.0-only
/*
 * --table: named cases, each a script and what must hold; TAP, in the order they end.
 * May call peer-case.c, peer-device.c and peer-klog.c.
 * Called by peer-main.c.
 *
 * Each device has a process of its own; several of one name share its cases. Most of
 * a case's time is the server's reset of the device, which is waiting.
 */
#define _GNU_SOURCE /* FNM_EXTMATCH */
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peer-table.h"

void __attribute__((noreturn, format(printf, 2, 3)))
wrong(const struct table *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "usbip-peer: table, line %d: ", t->line);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	exit(2);
}

static char *trim(char *s)
{
	char *end;

	s += strspn(s, " \t\n");
	end = s + strlen(s);
	while (end > s && strchr(" \t\n", end[-1]))
		*--end = 0;
	return s;
}

/* The devices of one name take turns. */
static struct device *next_of(struct table *t, struct device *first)
{
	struct device *found = first;
	int i;

	for (i = 0; i < t->n_device; i++)
		if (!strcmp(t->device[i].name, first->name) &&
		    t->device[i].turn < found->turn)
			found = &t->device[i];
	found->turn++;
	return found;
}

/* {FIRST..LAST} in a name: once for each, {} in all else is the number. */
static void run_range(struct table *t, struct one *one)
{
	const char *open = strchr(one->name, '{');
	const char *name = one->name;
	int first = 0, last = 0, after = 0;
	char full[128];

	if (open && (sscanf(open, "{%d..%d}%n", &first, &last, &after) != 2 ||
		     !after || last < first))
		wrong(t, "%s: {FIRST..LAST} expected", name);
	for (; first <= last; first++) {
		struct buf outcome = { 0 };

		snprintf(full, sizeof(full), "%s", name);
		if (open)
			snprintf(full, sizeof(full), "%.*s%d%s",
				 (int)(open - name), name, first, open + after);
		if (t->only && fnmatch(t->only, full, FNM_EXTMATCH))
			continue;
		t->n++;
		one->dev = next_of(t, one->dev);
		if (one->dev != t->mine)
			continue;
		expand(t, one->dev, one->outcome, first, &outcome);
		buf_add(&outcome, "", 1);
		run_one(t,
			&(struct one){ .name = full,
				       .outcome = (char *)buf_data(&outcome),
				       .script = one->script,
				       .dev = one->dev },
			first);
		buf_free(&outcome);
	}
}

static struct device *device_named(struct table *t, const char *name)
{
	int i;

	for (i = 0; i < t->n_device; i++)
		if (!strcmp(t->device[i].name, name))
			return &t->device[i];
	return NULL;
}

/* let NAME | TEXT, device NAME | USUAL SCRIPT, NAME | DEVICE,… | OUTCOME | SCRIPT */
static void row(struct table *t, char *text)
{
	char *save = NULL, *save2 = NULL;
	char *cell[4] = { "", "", "", "" };
	int n = 0;

	for (text = strtok_r(text, "|", &save); text && n < 4;
	     text = strtok_r(NULL, "|", &save))
		cell[n++] = trim(text);
	if (text || n < 2)
		wrong(t, "%d cells", n);
	if (!strncmp(cell[0], "let ", 4) || !strncmp(cell[0], "device ", 7)) {
		char *name = strchr(cell[0], ' ') + 1;

		if (n != 2)
			wrong(t, "%s | TEXT expected", cell[0]);
		for (n = 0; cell[0][0] == 'd' && n < t->n_device; n++)
			if (!strcmp(t->device[n].name, name))
				t->device[n].usual = cell[1];
		if (cell[0][0] == 'd')
			return;
		if (t->n_let == TEXTS_MAX)
			wrong(t, "too many let lines");
		snprintf(t->let[t->n_let].name, sizeof(t->let[0].name), "%s",
			 name);
		t->let[t->n_let++].value = cell[1];
		return;
	}
	if (n < 3)
		wrong(t, "%s: NAME | DEVICE | OUTCOME | SCRIPT expected",
		      cell[0]);
	for (text = strtok_r(cell[1], ", ", &save2); text;
	     text = strtok_r(NULL, ", ", &save2)) {
		struct one one = { cell[0], cell[2], cell[3],
				   device_named(t, text) };

		if (!one.dev)
			continue;
		if (!one.dev->usual)
			wrong(t, "no line: device %s", text);
		run_range(t, &one);
	}
}

/* A line that begins with white space goes on with the one before it. */
static void rows(struct table *t, const char *text)
{
	char *copy = xstrdup(text); /* stays: names and values are in it */
	char *line, *next, *begin = NULL;

	t->n_let = 0;
	t->n = 0;
	for (line = copy, t->line = 1; line; line = next, t->line++) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		if (*line == '#' || !*trim(line))
			*line = 0;
		if (begin && (*line == ' ' || *line == '\t')) {
			/* White space for the end of the line before. */
			memset(begin + strlen(begin), ' ',
			       line - begin - strlen(begin));
			continue;
		}
		if (begin)
			row(t, begin);
		begin = *line ? line : NULL;
	}
	if (begin)
		row(t, begin);
}

static void endpoint_names(struct device *dev)
{
	static const char *const names[] = { "in", "out", "isoin", "isoout" };
	struct endpoint e[32];
	int n = device_endpoints(dev->busid, e, 32);
	int i, k;

	for (i = n - 1; i >= 0; i--) {
		k = (e[i].type == 1 ? 2 : 0) + !e[i].in;
		snprintf(dev->number[k], sizeof(dev->number[k]), "%u",
			 e[i].number);
		snprintf(dev->endpoint[k].name, sizeof(dev->endpoint[k].name),
			 "%s", names[k]);
		dev->endpoint[k].value = dev->number[k];
	}
}

/* The process of one device. */
static void __attribute__((noreturn)) worker(struct table *t, const char *text)
{
	int64_t begin = now_ms();

	klog_open();
	rows(t, text);
	if (t->run)
		printf("# %s on %s: %d cases, %d failed, %lld ms, the slowest %lld: %s\n",
		       t->mine->name, t->mine->busid, t->run, t->failed,
		       (long long)(now_ms() - begin), (long long)t->slowest,
		       t->slowest_name);
	exit(t->failed ? 1 : 0);
}

/* devices: NAME=BUSID each; rows of other devices are left out. */
int table_run(const char *text, const char *only, bool tcp, char **devices)
{
	static struct table t;
	int64_t begin = now_ms();
	int failed = 0, status, i;

	t.tcp = tcp;
	t.only = only;
	for (; *devices; devices++) {
		struct device *dev = &t.device[t.n_device];
		char *busid = strchr(*devices, '=');

		if (!busid || t.n_device == DEVICES_MAX)
			wrong(&t, "NAME=BUSID expected, not %s", *devices);
		snprintf(dev->name, sizeof(dev->name), "%.*s",
			 (int)(busid - *devices), *devices);
		dev->busid = busid + 1;
		device_path(dev->busid, dev->path, sizeof(dev->path));
		endpoint_names(dev);
		t.n_device++;
	}

	rows(&t, text);
	printf("TAP version 13\n1..%d\n", t.n);
	fflush(stdout);
	for (i = 0; i < t.n_device; i++)
		t.device[i].turn = 0;
	for (i = 0; i < t.n_device; i++) {
		t.mine = &t.device[i];
		if (!fork())
			worker(&t, text);
	}
	while (wait(&status) > 0)
		failed |= status;
	printf("# %d cases in %lld ms\n", t.n, (long long)(now_ms() - begin));
	return failed || !t.n;
}
