// SPDX-License-Identifier: GPL-2.0-only
/*
 * Misbehaviour field by field: which answer is changed, in which field, to what.
 * May call libc and core/wire only. Pure.
 * Called by bad.c (parse), and by answer.c for every answer.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "patch.h"

static const struct {
	const char *name;
	size_t at;
} header_fields[] = {
	{ "command", offsetof(struct usbipx_wire_header, command) },
	{ "seqnum", offsetof(struct usbipx_wire_header, seqnum) },
	{ "devid", offsetof(struct usbipx_wire_header, devid) },
	{ "direction", offsetof(struct usbipx_wire_header, direction) },
	{ "ep", offsetof(struct usbipx_wire_header, ep) },
	{ "status", offsetof(struct usbipx_wire_header, ret_submit.status) },
	{ "actual",
	  offsetof(struct usbipx_wire_header, ret_submit.actual_length) },
	{ "start", offsetof(struct usbipx_wire_header, ret_submit.start_frame) },
	{ "packets",
	  offsetof(struct usbipx_wire_header, ret_submit.number_of_packets) },
	{ "errors",
	  offsetof(struct usbipx_wire_header, ret_submit.error_count) },
	{ "padding", offsetof(struct usbipx_wire_header, ret_submit.padding) },
}, packet_fields[] = {
	{ "offset", offsetof(struct usbipx_wire_iso, offset) },
	{ "length", offsetof(struct usbipx_wire_iso, length) },
	{ "actual", offsetof(struct usbipx_wire_iso, actual_length) },
	{ "status", offsetof(struct usbipx_wire_iso, status) },
};

/* [d|u](N|*); the end goes to *end. */
static int parse_moment(struct moment *m, const char *text, char **end)
{
	memset(m, 0, sizeof(*m));
	m->unlink = *text == 'u';
	m->data = *text == 'd';
	if (m->unlink || m->data)
		text++;
	if (*text == '*') {
		m->every = true;
		*end = (char *)text + 1;
		return 0;
	}
	m->n = strtoul(text, end, 10);
	return *end == text ? -1 : 0;
}

static int parse_field(struct patch *p, const char *text)
{
	size_t i, n = sizeof(header_fields) / sizeof(header_fields[0]);
	char *end;

	if (!strncmp(text, "packet", 6) && text[6] != 's') {
		p->packet = true;
		p->index = strtol(text + 6, &end, 10);
		if (end == text + 6 || *end != '.')
			return -1;
		text = end + 1;
		n = sizeof(packet_fields) / sizeof(packet_fields[0]);
	}
	for (i = 0; i < n; i++) {
		if (strcmp(p->packet ? packet_fields[i].name :
				       header_fields[i].name,
			   text))
			continue;
		p->field = p->packet ? packet_fields[i].at : header_fields[i].at;
		return 0;
	}
	return -1;
}

/* A number, rN or bN. */
static int parse_value(struct patch *p, const char *text)
{
	char *end;

	if (*text == 'r')
		p->base = PATCH_REAL;
	if (*text == 'b')
		p->base = PATCH_BUFFER;
	if (p->base != PATCH_VALUE)
		text++;
	p->value = strtoll(text, &end, 0);
	return end == text || *end ? -1 : 0;
}

static int parse_assignment(struct patch *p, char **save)
{
	const char *field = strtok_r(NULL, ":", save);
	const char *value = strtok_r(NULL, ":", save);

	if (!field || !value || parse_field(p, field))
		return -1;
	return parse_value(p, value);
}

int patch_parse(struct patch *p, char *text)
{
	char *save = NULL;
	char *word = strtok_r(text, ":", &save);
	char *end;

	memset(p, 0, sizeof(*p));
	if (!word || parse_moment(&p->when, word, &end) || *end ||
	    parse_assignment(p, &save))
		return -1;
	return *save ? -1 : 0;
}

int extra_parse(struct extra *e, char *text)
{
	char *save = NULL;
	char *word = strtok_r(text, ":", &save);
	char *end;

	memset(e, 0, sizeof(*e));
	e->count = 1;
	if (!word || parse_moment(&e->when, word, &end))
		return -1;
	if (*end == 'x')
		e->count = strtoul(end + 1, &end, 10);
	if (*end)
		return -1;
	word = strtok_r(NULL, ":", &save);
	if (!word)
		return -1;
	if (!strcmp(word, "submit"))
		e->command = USBIPX_RET_SUBMIT;
	else if (!strcmp(word, "unlink"))
		e->command = USBIPX_RET_UNLINK;
	else
		return -1;
	while (*save) {
		struct patch *p = &e->patch[e->n_patches];

		if (e->n_patches++ == EXTRA_PATCHES)
			return -1;
		if (parse_assignment(p, &save) || p->packet)
			return -1;
	}
	return 0;
}

int cut_parse(struct cut *c, char *text)
{
	static const char *const ends[] = { "close", "rst", "shut", "stall" };
	char *save = NULL;
	char *word = strtok_r(text, ":", &save);
	size_t i;
	char *end;

	if (!word || parse_moment(&c->when, word, &end) || *end)
		return -1;
	word = strtok_r(NULL, ":", &save);
	if (!word)
		return -1;
	c->bytes = strtoul(word, &end, 10);
	if (end == word || *end)
		return -1;
	word = strtok_r(NULL, ":", &save);
	for (i = 0; word && i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (strcmp(ends[i], word))
			continue;
		c->end = i;
		return *save ? -1 : 0;
	}
	return -1;
}

bool moment_is(const struct moment *m, const struct answer_count *now)
{
	uint64_t n = m->unlink ? now->unlinks :
		     m->data   ? now->data_submits :
				 now->submits;

	if (m->unlink != now->unlink || (m->data && !now->data))
		return false;
	return m->every || m->n == n;
}

void patch_apply(const struct patch *p, void *to, uint32_t buffer)
{
	uint32_t value = p->value;
	uint32_t real;

	memcpy(&real, (char *)to + p->field, sizeof(real));
	if (p->base == PATCH_REAL)
		value += ntohl(real);
	if (p->base == PATCH_BUFFER)
		value += buffer;
	value = htonl(value);
	memcpy((char *)to + p->field, &value, sizeof(value));
}

bool patch_is_of_packet(const struct patch *p, unsigned int i, unsigned int n)
{
	return p->packet &&
	       i == (p->index < 0 ? n + p->index : (unsigned int)p->index);
}
