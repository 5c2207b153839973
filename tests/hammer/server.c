// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations of the server: bind, unbind, match_busid, rebind, rules, clients of all kinds.
 * May call util.c and sim/pair.c.
 * Called by hammer.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hammer.h"

static int with_busid(const char *file, const char *prefix)
{
	char busid[32], text[64];

	if (!random_device(random_below(10) ? 'l' : 'a', busid, sizeof(busid)))
		return ENODEV;
	snprintf(text, sizeof(text), "%s%s", prefix, busid);
	return write_file(file, text);
}

/* What "usbip bind" does. */
static int bind_device(void)
{
	char busid[32], dir[128], text[64];
	int err;

	if (!random_device('l', busid, sizeof(busid)))
		return ENODEV;
	snprintf(dir, sizeof(dir), DEVICES "/%s/driver", busid);
	write_at(dir, "unbind", busid);
	snprintf(text, sizeof(text), "add %s", busid);
	err = write_file(HOST "/match_busid", text);
	return err ?: write_file(HOST "/bind", busid);
}

/* What "usbip unbind" does. */
static int unbind_device(void)
{
	char busid[32], path[256], text[64];
	int err;

	if (!random_match(HOST "/*-*", path, sizeof(path)))
		return ENODEV;
	snprintf(busid, sizeof(busid), "%s", strrchr(path, '/') + 1);
	err = write_file(HOST "/unbind", busid);
	snprintf(text, sizeof(text), "del %s", busid);
	write_file(HOST "/match_busid", text);
	return err ?: write_file(HOST "/rebind", busid);
}

static int match_busid(void)
{
	return with_busid(HOST "/match_busid", one_of("add ", "del "));
}

static int rebind(void)
{
	return with_busid(HOST "/rebind", "");
}

/* Of the driver core's, without a word to match_busid before. */
static int raw_bind(void)
{
	return with_busid(random_below(3) ? HOST "/bind" : HOST "/unbind", "");
}

static int generic_bind(void)
{
	int keep = keep_parents(false);
	int err = with_busid(random_below(3) ? "/sys/bus/usb/drivers/usb/bind" :
					       "/sys/bus/usb/drivers/usb/unbind",
			     "");

	close(keep);
	return err;
}

static int write_rules(void)
{
	return write_file(PARAMS "/usbip_host/parameters/autobind",
			  one_of("", "0525:a4a0", "1d6b:0104", "*",
				 "!0525:a4a0,*", "46f4:0001,0525:a4a0:A1",
				 "!*:*:B2,1d6b,0525", "0403:6001,1d6b:0104",
				 "0525:a4a0,46f4,0627,0403"));
}

/* A client's connection, ours: some PDUs, answers read or not, and gone. */
static void be_client(int fd)
{
	static const unsigned char setups[][8] = {
		{ 0x80, 6, 0, 1, 0, 0, 18, 0 },	  /* device descriptor */
		{ 0x80, 6, 0, 2, 0, 0, 255, 0 },  /* configuration */
		{ 0x00, 9, 1, 0, 0, 0, 0, 0 },	  /* set configuration 1 */
		{ 0x00, 9, 0, 0, 0, 0, 0, 0 },	  /* set configuration 0 */
		{ 0x01, 11, 0, 0, 0, 0, 0, 0 },	  /* set interface 0 */
		{ 0x02, 1, 0, 0, 0x81, 0, 0, 0 }, /* clear halt */
		{ 0x23, 3, 4, 0, 0, 0, 0, 0 },	  /* reset */
		{ 0x80, 0, 0, 0, 0, 0, 2, 0 },	  /* status */
	};
	unsigned int i, n = 1 + random_below(40);
	unsigned char sink[4096];

	for (i = 1; i <= n; i++) {
		uint32_t pdu[12] = { htonl(1), htonl(i), htonl(0x10002) };
		bool bulk = !random_below(3);

		if (!random_below(5)) { /* unlink an earlier one */
			pdu[0] = htonl(2);
			pdu[5] = htonl(1 + random_below(i));
		} else if (bulk) { /* IN, which may wait for ever */
			pdu[3] = htonl(1);
			pdu[4] = htonl(1 + random_below(3));
			pdu[6] = htonl(512U << random_below(10));
		} else {
			const unsigned char *setup = setups[random_below(8)];

			pdu[3] = htonl(setup[0] >> 7);
			pdu[6] = htonl(setup[6]);
			memcpy(&pdu[10], setup, 8);
		}
		if (send(fd, pdu, sizeof(pdu), MSG_DONTWAIT) < 0)
			return;
		if (random_below(3) == 0)
			sleep_ms(random_below(20));
		if (random_below(2))
			while (recv(fd, sink, sizeof(sink), MSG_DONTWAIT) > 0)
				;
	}
	sleep_ms(random_below(200));
}

static int raw_client(void)
{
	char path[256], text[16];
	int fd[2], err;

	if (!random_match(HOST "/*-*", path, sizeof(path)))
		return ENODEV;
	if (pair_open(random_below(2) ? PAIR_TCP : PAIR_UNIX, fd))
		return errno;
	snprintf(text, sizeof(text), "%d", fd[0]);
	err = write_at(path, "usbip_sockfd", text);
	close(fd[0]);
	if (!err)
		be_client(fd[1]);
	close(fd[1]);
	return err;
}

static int sockfd_down(void)
{
	char path[256];

	if (!random_match(HOST "/*-*", path, sizeof(path)))
		return ENODEV;
	return write_at(path, "usbip_sockfd", "-1");
}

const struct op server_ops[] = {
	{ "bind", 300, bind_device },
	{ "unbind", 700, unbind_device },
	{ "match_busid", 300, match_busid },
	{ "rebind", 400, rebind },
	{ "raw-bind", 500, raw_bind },
	{ "generic-bind", 1500, generic_bind },
	{ "rules", 1500, write_rules },
	{ "raw-client", 150, raw_client },
	{ "raw-client-2", 150, raw_client },
	{ "sockfd-down", 500, sockfd_down },
	{ 0 },
};
