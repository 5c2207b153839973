// SPDX-License-Identifier: GPL-2.0-only
/*
 * The script: lines and semicolons into commands, words into values.
 * May call the commands.
 * Called by peer-main.c; word_value() and its kin by the commands.
 */
#include <stdlib.h>
#include <string.h>

#include "peer.h"

static const struct {
	const char *name;
	void (*run)(struct peer *p, struct words *w);
} commands[] = {
	{ "submit", cmd_submit },
	{ "unlink", cmd_unlink },
	{ "expect", cmd_expect },
	{ "expect-close", cmd_expect_close },
	{ "expect-end", cmd_expect_end },
	{ "expect-silence", cmd_expect_silence },
	{ "expect-bytes", cmd_expect_bytes },
	{ "raw", cmd_raw },
	{ "header", cmd_header },
	{ "bytes", cmd_bytes },
	{ "packet", cmd_packet },
	{ "split", cmd_split },
	{ "cut", cmd_cut },
	{ "hold", cmd_hold },
	{ "release", cmd_release },
	{ "flood", cmd_flood },
	{ "expect-flood", cmd_expect_flood },
	{ "sleep", cmd_sleep },
	{ "shutdown", cmd_shutdown },
	{ "rst", cmd_rst },
	{ "close", cmd_close },
	{ "getdesc", cmd_getdesc },
	{ "enumerate", cmd_enumerate },
};

const char *word_value(const struct words *w, const char *key)
{
	size_t n = strlen(key);
	int i;

	for (i = 1; i < w->argc; i++) {
		if (strncmp(w->argv[i], key, n))
			continue;
		if (w->argv[i][n] == '=')
			return w->argv[i] + n + 1;
		if (!w->argv[i][n]) /* a word without value */
			return w->argv[i] + n;
	}
	return NULL;
}

long long number(const struct peer *p, const char *text)
{
	char *end;
	long long n = strtoll(text, &end, 0);

	if (!*text || *end)
		fail(p, "%s: not a number", text);
	return n;
}

long long word_number(const struct peer *p, const struct words *w,
		      const char *key, long long otherwise)
{
	const char *text = word_value(w, key);

	return text ? number(p, text) : otherwise;
}

/* A misspelt key must not pass for a missing one. */
void words_check(const struct peer *p, const struct words *w, int from,
		 const char *const keys[])
{
	int i, k;

	if (w->argc < from)
		fail(p, "%s: name of the URB expected", w->argv[0]);
	for (i = from; i < w->argc; i++) {
		size_t n = strcspn(w->argv[i], "=");

		for (k = 0; keys[k]; k++)
			if (strlen(keys[k]) == n &&
			    !strncmp(keys[k], w->argv[i], n))
				break;
		if (!keys[k])
			fail(p, "%s: does not know %s", w->argv[0], w->argv[i]);
	}
}

void script_words(const struct peer *p, struct words *w, char *line)
{
	char *save = NULL;
	char *word;

	w->argc = 0;
	for (word = strtok_r(line, " \t\r", &save); word;
	     word = strtok_r(NULL, " \t\r", &save)) {
		if (w->argc == 64)
			fail(p, "too many words");
		w->argv[w->argc++] = word;
	}
}

static void run_command(struct peer *p, char *text)
{
	struct words w;
	size_t i;

	script_words(p, &w, text);
	if (!w.argc)
		return;
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, w.argv[0]))
			continue;
		commands[i].run(p, &w);
		return;
	}
	fail(p, "no command %s", w.argv[0]);
}

void script_run(struct peer *p, const char *text)
{
	char *copy = xstrdup(text);
	char *line = copy;

	p->line = 1;
	while (line) {
		char *next = strchr(line, '\n');
		char *save = NULL;
		char *one;

		if (next)
			*next++ = 0;
		line[strcspn(line, "#")] = 0;
		for (one = strtok_r(line, ";", &save); one;
		     one = strtok_r(NULL, ";", &save))
			run_command(p, one);
		line = next;
		p->line++;
	}
	free(copy);
}
