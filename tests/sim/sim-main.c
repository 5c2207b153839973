// SPDX-License-Identifier: GPL-2.0-only
/*
 * usbip-sim: a USB/IP server in user space with simulated devices. Options and exit.
 * May call everything of the simulator.
 * Called by the user, the kselftests and sim.t.
 */
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "op.h"
#include "server.h"
#include "spec.h"

enum {
	OPT_ATTACH = 256,
	OPT_TCP,
	OPT_TLS,
	OPT_BAD,
	OPT_RANDOM
};

static const struct option options[] = {
	{ "port", required_argument, NULL, 'p' },
	{ "address", required_argument, NULL, 'a' },
	{ "attach", optional_argument, NULL, OPT_ATTACH },
	{ "tcp", no_argument, NULL, OPT_TCP },
	{ "tls", no_argument, NULL, OPT_TLS },
	{ "bad", required_argument, NULL, OPT_BAD },
	{ "random", required_argument, NULL, OPT_RANDOM },
	{ "interactive", no_argument, NULL, 'i' },
	{ "control", required_argument, NULL, 'c' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void usage(void)
{
	puts("usbip-sim [-p PORT] [-a ADDR] [-i] [-c SOCKET] [-v] [--bad FLAGS] DEVICE...\n"
	     "usbip-sim --attach [HUBPORT] [--tcp|--tls] [-i] [-c SOCKET] [-v] [--bad FLAGS] DEVICE...\n"
	     "\n"
	     "DEVICE: KIND[:key=value[,key=value...]], KIND: serial storage bulk iso int\n"
	     "keys: speed=low|full|high|super|superplus  serial=TEXT  busid=TEXT  vid=HEX  pid=HEX\n"
	     "  count=N  bad=FLAG[+FLAG...]  size=MiB (storage)  packet=BYTES (iso, bulk, int)\n"
	     "  interval=N (bInterval of isochronous endpoints)  iso-error=N  iso-short=N (every\n"
	     "  Nth packet; iso)  mouse=1  tick=MS (a report every MS; int)\n"
	     "  hubport=N (where --attach puts it)\n"
	     "  reset-pid=HEX (what pid becomes when the client resets the device)\n"
	     "Port 0 is any free port; it is printed. -i: control lines on standard input,\n"
	     "--random SEED[:COUNT]: COUNT (or all) answers, now and then one spoilt; same seed, same way.\n"
	     "-c: on a UNIX socket: unplug BUSID, plug BUSID, bad BUSID FLAGS, status, quit.\n"
	     "\n"
	     "FLAGS of bad=, N counts answered URBs since the connection (or \"bad\") began:");
	bad_help();
}

struct arguments {
	const char *addr;
	const char *control;
	unsigned int port;
	bool interactive;
	struct bad bad;
};

static int parse_options(struct arguments *a, int argc, char **argv)
{
	char error[128];
	int opt;

	while ((opt = getopt_long(argc, argv, "+p:a:ic:vh", options, NULL)) !=
	       -1) {
		switch (opt) {
		case 'p':
			a->port = strtoul(optarg, NULL, 10);
			break;
		case 'a':
			a->addr = optarg;
			break;
		case OPT_ATTACH:
			attach_mode.on = true;
			/* "--attach 3" as well as "--attach=3" */
			if (!optarg && optind < argc && isdigit(argv[optind][0]))
				optarg = argv[optind++];
			if (optarg)
				attach_mode.port = strtoul(optarg, NULL, 10);
			break;
		case OPT_TCP:
			attach_mode.pair = PAIR_TCP;
			break;
		case OPT_TLS:
			attach_mode.pair = PAIR_TLS;
			break;
		case OPT_BAD:
			if (!bad_parse(&a->bad, optarg, error, sizeof(error)))
				break;
			fprintf(stderr, "%s\n", error);
			return -1;
		case OPT_RANDOM:
			if (!mutate_parse(optarg))
				break;
			fprintf(stderr, "--random: SEED[:COUNT]\n");
			return -1;
		case 'i':
			a->interactive = true;
			break;
		case 'c':
			a->control = optarg;
			break;
		case 'v':
			verbose = true;
			break;
		case 'h':
			usage();
			exit(0);
		default:
			return -1;
		}
	}
	return 0;
}

static int start(const struct arguments *a)
{
	struct sim_dev *dev;

	attach_mode.stay = a->interactive || a->control;
	if (!attach_mode.on && server_start(a->addr, a->port))
		return -1;
	if (attach_mode.on) {
		TAILQ_FOREACH(dev, &all_devices, link)
		if (attach_device(dev))
			return -1;
	}
	if (a->interactive && control_stdin())
		return -1;
	if (a->control && control_listen(a->control))
		return -1;
	return 0;
}

static void end_devices(void)
{
	struct sim_dev *dev;

	attach_mode.stay = true;
	TAILQ_FOREACH(dev, &all_devices, link)
	if (dev->host)
		dev->host_ops->gone(dev->host);
	loop_exit();
	while ((dev = TAILQ_FIRST(&all_devices)))
		device_free(dev);
}

int main(int argc, char **argv)
{
	struct arguments a = { .addr = "127.0.0.1", .port = OP_PORT };
	int ret = 2;

	if (parse_options(&a, argc, argv))
		return 2;
	if (optind == argc) {
		fprintf(stderr, "no device named, see --help\n");
		return 2;
	}
	loop_init();
	for (; optind < argc; optind++)
		if (spec_devices(argv[optind], &a.bad))
			goto out;
	if (start(&a)) {
		ret = 1;
		goto out;
	}
	printf("ready\n");
	fflush(stdout);
	loop_run();
	ret = 0;
out:
	server_exit();
	control_exit();
	end_devices();
	bad_free(&a.bad);
	return ret;
}
