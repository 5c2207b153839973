// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations that take the drivers, or controllers, out of the kernel and put them back.
 * May call util.c.
 * Called by hammer.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hammer.h"

static int insert(const char *dir, const char *name, const char *params)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s/%s.ko", module_dir, dir, name);
	return insert_module(path, params);
}

static int insert_core(void)
{
	int err = insert("core", "usbip-ext-core",
			 one_of("", "peer_timeout=3", "peer_timeout=20"));

	return err == EEXIST ? 0 : err;
}

/* Out, a moment without it, and what it needs to come back. EEXIST when it could not go. */
static int take_out(const char *name)
{
	int keep = keep_parents(true);
	int out = remove_module(name);

	close(keep);
	/* It is not there when the last load was refused. */
	if (out && out != ENOENT)
		return out;
	sleep_ms(random_below(500));
	if (!random_below(4))
		remove_module("usbip_ext_core");
	return insert_core();
}

static int reload_client(void)
{
	int err = take_out("vhci_hcd");

	if (err)
		return err;
	if (!random_below(3))
		insert("vhci-ext", "vhci-hcd",
		       one_of("nports=none", "nports=0", "nports=9999"));
	return insert("vhci-ext", "vhci-hcd",
		      one_of("nports=1", "nports=3", "nports=8", "nports=8",
			     "nports=16", "nports=33"));
}

static int reload_host(void)
{
	int err = take_out("usbip_host");

	if (err)
		return err;
	if (!random_below(3))
		insert("usbip-host-ext", "usbip-host",
		       one_of("autobind=!", "autobind=::::", "autobind=xyz"));
	return insert("usbip-host-ext", "usbip-host",
		      one_of("", "autobind=0525:a4a0,1d6b:0104", "autobind=*",
			     "autobind=0525:a4a0,46f4,0627,0403"));
}

/*
 * Up and down, while devices come and go. EBUSY when a port that would go is in use.
 * More is in use in the long run: now and then all that is above is taken away first.
 */
static int change_nports(void)
{
	const char *nports = one_of("1", "3", "8", "8", "9", "16", "20", "33",
				    "64", "0", "9999", "x");
	unsigned int port, tries, left = 2 * atoi(nports);
	char text[16];
	int keep, err;

	if (!random_below(3)) {
		for (port = left; port < 128; port++) {
			snprintf(text, sizeof(text), "%u", port);
			write_file(VHCI "/detach", text);
		}
	}
	/* Root hubs go with their controllers. */
	keep = keep_parents(true);
	for (tries = 0; tries < 4; tries++) {
		err = write_file(PARAMS "/vhci_hcd/parameters/nports", nports);
		if (err != EBUSY)
			break;
		sleep_ms(100);
	}
	close(keep);
	return err;
}

const struct op modules_ops[] = {
	{ "nports", 2000, change_nports },
	{ "reload-client", 12000, reload_client },
	{ "reload-host", 10000, reload_host },
	{ 0 },
};
