// SPDX-License-Identifier: GPL-2.0-only
/*
 * One case of a table: its script, the log, and a client of good manners; TAP.
 * May call peer-child.c, peer-device.c and peer-klog.c.
 * Called by peer-table.c.
 *
 * What holds after each case, whatever it was: the device is available within 10 s;
 * the log has one line that says why the client went, the one that was expected, and
 * no other than that a client came and that the device was reset; a client of good
 * manners is served.
 */
#define _GNU_SOURCE /* FNM_EXTMATCH */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "peer-table.h"

#define AVAILABLE_MS 10000

/* --- names in scripts --- */

static const char *value_of(const struct table *t, const struct device *dev,
			    const char *name, size_t n)
{
	int i;

	for (i = 0; i < 4; i++)
		if (strlen(dev->endpoint[i].name) == n &&
		    !strncmp(dev->endpoint[i].name, name, n))
			return dev->endpoint[i].value;
	for (i = 0; i < t->n_let; i++)
		if (strlen(t->let[i].name) == n &&
		    !strncmp(t->let[i].name, name, n))
			return t->let[i].value;
	wrong(t, "%s has no $%.*s", dev->name, (int)n, name);
}

/* Puts values for $NAME, and number for {}. */
static void expand_to(const struct table *t, const struct device *dev,
		      const char *text, int number, struct buf *to, int depth)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	char digits[16];
	size_t n;

	if (depth > 8)
		wrong(t, "a name that stands for itself");
	while (*text) {
		if (*text == '$') {
			n = strspn(text + 1, letters);
			expand_to(t, dev, value_of(t, dev, text + 1, n), number,
				  to, depth + 1);
			text += 1 + n;
		} else if (text[0] == '{' && text[1] == '}') {
			snprintf(digits, sizeof(digits), "%d", number);
			buf_add(to, digits, strlen(digits));
			text += 2;
		} else {
			buf_add(to, text++, 1);
		}
	}
}

void expand(const struct table *t, const struct device *dev, const char *text,
	    int number, struct buf *to)
{
	expand_to(t, dev, text, number, to, 0);
}

/* --- the log --- */

/*
 * Is a line about another device's case? It begins with "DRIVER NAME: ", and a
 * device or a host controller of that name is on the way to that device only.
 */
static bool is_others(const struct table *t, const char *line)
{
	char name[64], path[72];
	bool mine = false, others = false;
	int i;

	if (sscanf(line, "%*s %60[^ ]", name) != 1 || !strchr(name, ':'))
		return false;
	*strrchr(name, ':') = 0;
	snprintf(path, sizeof(path), "/%s/", name);
	for (i = 0; i < t->n_device; i++) {
		const struct device *dev = &t->device[i];

		if (!strstr(dev->path, path))
			continue;
		if (dev == t->mine)
			mine = true;
		else
			others = true;
	}
	return others && !mine;
}

/* What others say about themselves, with these drivers or without. */
static bool is_noise(const char *line)
{
	static const char *const noise[] = {
		"hrtimer: interrupt took *",		 /* a slow machine */
		"clocksource: Long readout interval, *", /* one that stood still */
		/* An URB came while dummy_hcd's timer gave back the last one. */
		"dummy_hcd dummy_hcd.*: timer fired with no URBs pending\\?",
	};
	size_t i;

	for (i = 0; i < sizeof(noise) / sizeof(noise[0]); i++)
		if (!fnmatch(noise[i], line, 0))
			return true;
	return false;
}

/*
 * Fails at any line but those of clients that come and go and of resets. goes:
 * how one goes; which must happen once on this device.
 */
static bool log_holds(const struct table *t, const struct device *dev,
		      const char *goes, struct buf *why)
{
	char line[512], here[96];
	unsigned int times = 0;
	bool holds = true;

	snprintf(here, sizeof(here),
		 "usbip-host %s: client disconnected: ", dev->busid);
	while (klog_next(line, sizeof(line))) {
		bool ok = !strncmp(line, "usbip-host ", 11) &&
			  (strstr(line, ": client connected") ||
			   strstr(line, ": reset "));

		if (!strncmp(line, here, strlen(here))) {
			times++;
			ok = !fnmatch(goes, line + strlen(here), FNM_EXTMATCH);
		}
		if (ok || is_noise(line) || is_others(t, line))
			continue;
		holds = false;
		buf_add(why, "the log says: ", 14);
		buf_add(why, line, strlen(line));
		buf_add(why, "\n", 1);
	}
	if (times != 1) {
		snprintf(line, sizeof(line),
			 "%u lines say that a client went, expected 1: %s\n",
			 times, goes);
		buf_add(why, line, strlen(line));
	}
	return holds && times == 1;
}

/* --- one case --- */

/* A client, and that the device is available afterwards, and what the log says. */
static bool client(const struct table *t, const struct device *dev,
		   const char *script, const char *goes, struct buf *why)
{
	char words[2048];
	bool ok;

	ok = child_run(dev->busid, t->tcp, script, words, sizeof(words));
	if (!ok)
		buf_add(why, words, strlen(words));
	if (!child_until_available(dev->busid, AVAILABLE_MS)) {
		snprintf(words, sizeof(words), "not available within %d s\n",
			 AVAILABLE_MS / 1000);
		buf_add(why, words, strlen(words));
		ok = false;
	}
	return log_holds(t, dev, goes, why) && ok;
}

/* What is expected of a case: an end of its script and words of the log. */
static void outcome(const struct table *t, const struct one *one,
		    const char **end, char *goes, size_t size)
{
	if (!strcmp(one->outcome, "lives")) {
		*end = "; getdesc; close";
		snprintf(goes, size, "peer closed the connection");
	} else if (!strcmp(one->outcome, "leaves")) {
		*end = "";
		snprintf(goes, size, "peer closed the connection");
	} else if (!strcmp(one->outcome, "leaves unread")) {
		/* Which comes as RST, unless nothing was answered yet. */
		*end = "; close";
		snprintf(goes, size, "peer @(closed|reset) the connection");
	} else if (!strcmp(one->outcome, "resets")) {
		*end = "; rst";
		snprintf(goes, size, "peer @(closed|reset) the connection");
	} else if (!strncmp(one->outcome, "closed ", 7)) {
		*end = "; expect-close";
		snprintf(goes, size, "peer sent a bad %s (0x*)",
			 one->outcome + 7);
	} else {
		wrong(t, "%s: no such outcome: %s", one->name, one->outcome);
	}
}

/* In one piece: others write, too. */
static void say(const char *head, const struct buf *why, const char *script)
{
	struct buf all = { 0 };
	size_t i;

	buf_add(&all, head, strlen(head));
	for (i = 0; script && i < why->len; i++) {
		if (!i || buf_data(why)[i - 1] == '\n')
			buf_add(&all, "# ", 2);
		buf_add(&all, buf_data(why) + i, 1);
	}
	if (script) {
		buf_add(&all, "# ", 2);
		buf_add(&all, script, strlen(script));
		buf_add(&all, "\n", 1);
	}
	if (write(STDOUT_FILENO, buf_data(&all), all.len) < 0)
		exit(2);
	buf_free(&all);
}

void run_one(struct table *t, const struct one *one, int number)
{
	struct buf script = { 0 }, usual = { 0 }, why = { 0 };
	int64_t begin = now_ms();
	char goes[128], head[256];
	const char *end;
	bool ok;

	t->run++;
	if (*one->dev->lost) {
		t->failed++;
		printf("not ok %d %s: %s: the device was lost by: %s\n", t->n,
		       one->dev->name, one->name, one->dev->lost);
		return;
	}

	outcome(t, one, &end, goes, sizeof(goes));
	expand(t, one->dev, one->script, number, &script);
	buf_add(&script, end, strlen(end) + 1);
	expand(t, one->dev, one->dev->usual, number, &usual);
	buf_add(&usual, "", 1);

	ok = client(t, one->dev, (const char *)buf_data(&script), goes, &why);
	if (!client(t, one->dev, (const char *)buf_data(&usual),
		    "peer closed the connection", &why)) {
		ok = false;
		buf_add(&why, "^ afterwards\n", 13);
	}
	if (!device_available(one->dev->busid))
		snprintf(one->dev->lost, sizeof(one->dev->lost), "%s", one->name);

	snprintf(head, sizeof(head), "%sok %d %s: %s\n", ok ? "" : "not ", t->n,
		 one->dev->name, one->name);
	say(head, &why, ok ? NULL : (const char *)buf_data(&script));
	t->failed += !ok;
	if (now_ms() - begin > t->slowest) {
		t->slowest = now_ms() - begin;
		snprintf(t->slowest_name, sizeof(t->slowest_name), "%s",
			 one->name);
	}
	buf_free(&script);
	buf_free(&usual);
	buf_free(&why);
}
