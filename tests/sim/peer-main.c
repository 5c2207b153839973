// SPDX-License-Identifier: GPL-2.0-only
/*
 * usbip-peer: a scriptable USB/IP client. Options, and ways to a connection.
 * May call peer-op.c, peer-device.c, peer-script.c, peer-table.c and peer-random.c.
 * Called by the user, the kselftests and sim.t.
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "peer.h"

void fail(const struct peer *p, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, format);
	fprintf(stderr, "usbip-peer: line %d: ", p->line);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static void usage(void)
{
	puts("usbip-peer HOST[:PORT] list\n"
	     "usbip-peer [-l] [-t MS] HOST[:PORT] BUSID -e SCRIPT | -f FILE\n"
	     "usbip-peer [-l] [-t MS] [--tcp] --sockfd BUSID -e SCRIPT | -f FILE\n"
	     "usbip-peer [--tcp] --table FILE [--only PATTERN] NAME=BUSID...\n"
	     "usbip-peer [--tcp] --sockfd BUSID --random SEED COUNT\n"
	     "\n"
	     "BUSID - connects without importing. --sockfd hands one end of a socket pair (--tcp: of\n"
	     "a loopback connection) to the exported device BUSID of this machine. -l: answers may\n"
	     "have garbage where zeroes belong. -t: how long to wait for what is expected (5000).\n"
	     "--table runs the cases of a table on exported devices, --random so many PDUs.\n"
	     "-f - reads standard input. Commands end at a line end or semicolon, # is a comment:\n"
	     "\n"
	     "submit TAG [ep=N] [dir=in|out] [setup=HEX16] [len=N] [data=HEX|fill=BYTE|pattern]\n"
	     "  [flags=N] [interval=N] [packets=N:LEN[:STRIDE]] [start_frame=N] [seqnum=N] [devid=N]\n"
	     "unlink TAG [victim=N] [seqnum=N] [devid=N]\n"
	     "expect TAG [status=N|any] [len=N] [data=HEX] [fill=BYTE] [pattern] [errors=N]\n"
	     "  [packets=ACTUAL:STATUS] [unlinked] [timeout=MS]  (status 0, with unlinked -104,\n"
	     "  unless given)\n"
	     "expect-close [MS]; expect-end [MS]; expect-silence [MS]; expect-bytes HEX [MS]\n"
	     "raw HEX...; header [FIELD=N]... [setup=HEX16] [tag=TAG] [isochronous], fields: command\n"
	     "  seqnum devid direction ep flags|status|victim length start_frame packets\n"
	     "  interval|error_count\n"
	     "bytes N [VALUE]; packet OFFSET LENGTH [ACTUAL [STATUS]]\n"
	     "flood TAG N [stall=MS] [payload=BYTES] [FIELD=N]...; expect-flood TAG N [MS]\n"
	     "split N [once]; cut N; hold; release; sleep MS; shutdown rd|wr|both; rst; close\n"
	     "getdesc; enumerate");
}

static void read_all(struct buf *b, const char *path)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "r") : stdin;
	size_t n;

	if (!f) {
		perror(path);
		exit(2);
	}
	while ((n = fread(buf_room(b, 4096), 1, 4096, f)) > 0)
		buf_grew(b, n);
	buf_add(b, "", 1);
	if (f != stdin)
		fclose(f);
}

enum {
	OPT_SOCKFD = 256,
	OPT_TCP,
	OPT_TABLE,
	OPT_ONLY,
	OPT_RANDOM
};

static const struct option options[] = {
	{ "sockfd", required_argument, NULL, OPT_SOCKFD },
	{ "tcp", no_argument, NULL, OPT_TCP },
	{ "table", required_argument, NULL, OPT_TABLE },
	{ "only", required_argument, NULL, OPT_ONLY },
	{ "random", required_argument, NULL, OPT_RANDOM },
	{ "lax", no_argument, NULL, 'l' },
	{ "timeout", required_argument, NULL, 't' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

int main(int argc, char **argv)
{
	struct peer p = { .fd = -1, .timeout = 5000 };
	const char *sockfd = NULL, *table = NULL, *only = NULL, *seed = NULL;
	struct buf script = { 0 };
	bool tcp = false;
	int opt;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((opt = getopt_long(argc, argv, "e:f:lt:h", options, NULL)) != -1) {
		switch (opt) {
		case 'e':
			buf_reset(&script);
			buf_add(&script, optarg, strlen(optarg) + 1);
			break;
		case 'f':
			buf_reset(&script);
			read_all(&script, optarg);
			break;
		case 'l':
			p.lax = true;
			break;
		case 't':
			p.timeout = atoi(optarg);
			break;
		case OPT_SOCKFD:
			sockfd = optarg;
			break;
		case OPT_TCP:
			tcp = true;
			break;
		case OPT_TABLE:
			table = optarg;
			break;
		case OPT_ONLY:
			only = optarg;
			break;
		case OPT_RANDOM:
			seed = optarg;
			break;
		case 'h':
			usage();
			return 0;
		default:
			return 2;
		}
	}
	if (table) {
		buf_reset(&script);
		read_all(&script, table);
		return table_run((const char *)buf_data(&script), only, tcp,
				 argv + optind);
	}
	if (argc - optind != (seed ? 1 : sockfd ? 0 : 2) || (seed && !sockfd)) {
		fprintf(stderr, "usbip-peer: wrong arguments, see --help\n");
		return 2;
	}

	if (seed)
		return random_run(sockfd, tcp, strtoull(seed, NULL, 0),
				  strtoul(argv[optind], NULL, 0));
	if (sockfd) {
		device_connect(&p, sockfd, tcp);
	} else {
		p.fd = op_connect(argv[optind]);
		if (!strcmp(argv[optind + 1], "list"))
			op_list(p.fd);
		else if (strcmp(argv[optind + 1], "-"))
			p.devid = op_import(p.fd, argv[optind + 1]);
	}
	if (script.len)
		script_run(&p, (const char *)buf_data(&script));
	if (p.fd >= 0)
		close(p.fd);
	tags_free(&p);
	buf_free(&p.in);
	buf_free(&script);
	return 0;
}
