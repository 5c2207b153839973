// SPDX-License-Identifier: GPL-2.0-only
/*
 * DEVICE arguments: KIND[:key=value[,key=value…]] into devices.
 * May call device.c and bad.c.
 * Called by sim-main.c.
 */
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "spec.h"

struct spec {
	const struct sim_kind *kind;
	struct sim_options opt;
	struct bad bad;
	enum usb_device_speed speed;
	unsigned int vid;
	unsigned int pid;
	unsigned int count;
	unsigned int mouse;
	unsigned int hub_port; /* where to attach it; UINT_MAX: where there is room */
	const char *serial;
	const char *busid;
};

static const char *const speeds[] = {
	[USB_SPEED_LOW] = "low",
	[USB_SPEED_FULL] = "full",
	[USB_SPEED_HIGH] = "high",
	[USB_SPEED_SUPER] = "super",
	[USB_SPEED_SUPER_PLUS] = "superplus",
};

/* Keys whose value is a number, and where it goes. */
static const struct {
	const char *key;
	size_t at;
	unsigned int min;
	unsigned int max;
} numbers[] = {
	{ "vid", offsetof(struct spec, vid), 0, 0xffff },
	{ "pid", offsetof(struct spec, pid), 0, 0xffff },
	{ "count", offsetof(struct spec, count), 1, 1024 },
	{ "size", offsetof(struct spec, opt.size_mib), 1, 64 << 20 },
	{ "packet", offsetof(struct spec, opt.packet), 1, 1024 },
	{ "interval", offsetof(struct spec, opt.interval), 1, 16 },
	{ "tick", offsetof(struct spec, opt.tick), 1, 3600000 },
	{ "iso-error", offsetof(struct spec, opt.iso_error), 1, 1 << 30 },
	{ "iso-short", offsetof(struct spec, opt.iso_short), 1, 1 << 30 },
	{ "reset-pid", offsetof(struct spec, opt.reset_pid), 1, 0xffff },
	{ "hubport", offsetof(struct spec, hub_port), 0, 1023 },
	{ "mouse", offsetof(struct spec, mouse), 0, 1 },
};

static unsigned int next_busid = 1;
static unsigned int next_devnum = 2;

const char *speed_name(enum usb_device_speed speed)
{
	return speeds[speed];
}

static int set_number(struct spec *spec, const char *key, const char *value)
{
	/* Ids are written in hex everywhere else too. */
	int base = strstr(key, "vid") || strstr(key, "pid") ? 16 : 0;
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		unsigned long n;
		char *end;

		if (strcmp(numbers[i].key, key))
			continue;
		n = strtoul(value, &end, base);
		if (!*value || *end || n < numbers[i].min || n > numbers[i].max)
			return -1;
		*(unsigned int *)((char *)spec + numbers[i].at) = n;
		return 0;
	}
	return -1;
}

static int set_speed(struct spec *spec, const char *value)
{
	size_t i;

	for (i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
		if (!speeds[i] || strcmp(speeds[i], value))
			continue;
		spec->speed = i;
		return 0;
	}
	return -1;
}

static int set_key(struct spec *spec, char *pair)
{
	char *value = strchr(pair, '=');
	char error[128] = "bad key or value";
	int ret = 0;

	if (!value) {
		fprintf(stderr, "%s: key=value expected\n", pair);
		return -1;
	}
	*value++ = 0;
	if (!strcmp(pair, "serial") && strlen(value) < 64)
		spec->serial = value;
	else if (!strcmp(pair, "busid") && strlen(value) < 24)
		spec->busid = value;
	else if (!strcmp(pair, "speed"))
		ret = set_speed(spec, value);
	else if (!strcmp(pair, "bad"))
		ret = bad_parse(&spec->bad, value, error, sizeof(error));
	else
		ret = set_number(spec, pair, value);
	if (ret)
		fprintf(stderr, "%s=%s: %s\n", pair, value, error);
	return ret;
}

/* The n-th busid after the one given: the last number goes up. */
static void make_busid(struct sim_dev *dev, const char *base, unsigned int n)
{
	size_t len, digits;

	if (!base) {
		snprintf(dev->busid, sizeof(dev->busid), "1-%u", next_busid++);
	} else {
		len = strlen(base);
		digits = len;
		while (digits && base[digits - 1] >= '0' &&
		       base[digits - 1] <= '9')
			digits--;
		if (n)
			snprintf(dev->busid, sizeof(dev->busid), "%.*s%lu",
				 (int)digits, base,
				 strtoul(base + digits, NULL, 10) + n);
		else
			snprintf(dev->busid, sizeof(dev->busid), "%s", base);
	}
	dev->busnum = strtoul(dev->busid, NULL, 10);
	if (!dev->busnum)
		dev->busnum = 1;
	dev->devnum = next_devnum++;
}

static int make_one(const struct spec *spec, unsigned int n)
{
	struct sim_dev *dev = device_new(spec->kind, &spec->opt, spec->speed);

	dev->vid = spec->vid;
	dev->pid = spec->pid;
	if (spec->hub_port != UINT_MAX)
		dev->wanted_port = spec->hub_port + n;
	bad_copy(&dev->bad, &spec->bad);
	make_busid(dev, spec->busid, n);
	if (!spec->serial)
		snprintf(dev->serial, sizeof(dev->serial), "SIM%09u",
			 dev->devnum - 1);
	else if (spec->count > 1)
		snprintf(dev->serial, sizeof(dev->serial), "%.50s-%u",
			 spec->serial, n + 1);
	else
		snprintf(dev->serial, sizeof(dev->serial), "%s", spec->serial);

	if (device_find(dev->busid)) {
		fprintf(stderr, "busid %s used twice\n", dev->busid);
		bad_free(&dev->bad);
		free(dev);
		return -1;
	}
	if (device_start(dev)) {
		bad_free(&dev->bad);
		free(dev);
		return -1;
	}
	return 0;
}

int spec_devices(const char *text, const struct bad *bad_default)
{
	struct spec spec = {
		.speed = USB_SPEED_HIGH,
		.count = 1,
		.hub_port = UINT_MAX,
		.opt.size_mib = 64,
	};
	char *copy = xstrdup(text);
	char *keys = strchr(copy, ':');
	char *save = NULL;
	unsigned int i;
	char *pair;
	int ret = -1;

	if (keys)
		*keys++ = 0;
	spec.kind = kind_find(copy);
	if (!spec.kind) {
		fprintf(stderr, "%s: no such kind of device\n", copy);
		goto out;
	}
	spec.vid = spec.kind->vid;
	spec.pid = spec.kind->pid;
	bad_copy(&spec.bad, bad_default);
	for (pair = keys ? strtok_r(keys, ",", &save) : NULL; pair;
	     pair = strtok_r(NULL, ",", &save))
		if (set_key(&spec, pair))
			goto out;
	spec.opt.mouse = spec.mouse;
	if (!(spec.kind->speeds & 1U << spec.speed)) {
		fprintf(stderr, "%s: no such device at %s speed\n", copy,
			speed_name(spec.speed));
		goto out;
	}
	for (i = 0, ret = 0; i < spec.count && !ret; i++)
		ret = make_one(&spec, i);
out:
	bad_free(&spec.bad);
	free(copy);
	return ret;
}
