/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the hammer's operations share: random numbers, sysfs, the table of operations.
 * May call libc and sim/pair.h.
 * Included by everything in this folder.
 */
#ifndef HAMMER_H
#define HAMMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../sim/pair.h"

#define VHCI	"/sys/devices/platform/vhci_hcd.0"
#define HOST	"/sys/bus/usb/drivers/usbip-host"
#define DEVICES "/sys/bus/usb/devices"
#define PARAMS	"/sys/module"

/**
 * struct op - an operation that one worker does again and again
 * @name: in the table
 * @pause: ms to the next one, on average
 * @run: once; 0 or an errno value. ENOENT, ENODEV and ENXIO say that there was
 *	nothing to do it to
 */
struct op {
	const char *name;
	unsigned int pause;
	int (*run)(void);
};

/* One array each, ended by a name of NULL. */
extern const struct op attach_ops[];
extern const struct op server_ops[];
extern const struct op files_ops[];
extern const struct op usb_ops[];
extern const struct op io_ops[];
extern const struct op modules_ops[];

/* Written by main() before the workers start. */
extern const char *sim_path;   /* usbip-sim */
extern const char *module_dir; /* of this project's tree */

/* util.c */
void random_seed(uint64_t seed);
uint32_t random_below(uint32_t n); /* 0 to n - 1 */
void sleep_ms(unsigned int ms);
long now_ms(void);
#define one_of(...)                                                            \
	((const char *[]){ __VA_ARGS__ }[random_below(                         \
		sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *))])

int write_file(const char *path, const char *text);
int write_at(const char *dir, const char *name, const char *text);
int read_file(const char *path, char *buf, size_t size);
int read_at(const char *dir, const char *name, char *buf, size_t size);

/* Before the workers start, for the next two; false without memory. */
bool lists_share(void);

/* A random one of a pattern's files; false when there is none. May be gone by now. */
bool random_match(const char *pattern, char *path, size_t size);

/* A random USB device, no hub: busid. @where: 'v' imported, 'l' local, 'a' any. */
bool random_device(char where, char *busid, size_t size);

/* Open /dev/bus/usb of a device; -1 with errno. */
int open_device(const char *busid);

/* A connection to an address on this machine. */
int connect_local(unsigned int port);

/* Start a program without its words; its pid or -1. */
int start_program(char *const argv[]);

/*
 * The driver core's own race: when a USB device is bound or unbound by name, it
 * waits for the lock of the device's parent without a reference to that. So
 * whoever does so to a device of vhci-hcd and the removal of vhci-hcd exclude
 * each other. Returns a descriptor, to be closed. @removal: that side
 */
int keep_parents(bool removal);

int insert_module(const char *path, const char *params);
int remove_module(const char *name);

#endif
