// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sysfs files of vhci_hcd.0: parse and print only.
 * May call port.c, controller.c and nports.c. Called by nports.c, controller.c,
 * main.c, and by readers, writers.
 */
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "vhci.h"

/* Waits for a change of nports to end: see nports.c. */
static ssize_t nports_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	int n = vhci_nports_settled();

	return n < 0 ? n : sysfs_emit(buf, "%u\n", 2 * n);
}
static DEVICE_ATTR_RO(nports);

/* Take the next word off @line; it must be a number from @min to @max. */
static bool take_number(char **line, s64 min, s64 max, s64 *value)
{
	char *word;

	do
		word = strsep(line, " \t\n");
	while (word && !*word);
	return word && !kstrtos64(word, 10, value) && *value >= min &&
	       *value <= max;
}

/*
 * To any SuperSpeed port, as good as the one whose place was written: tools that do
 * not know SUPER_PLUS look for a USB2 port for it, and for EBUSY write that again, for
 * ever.
 */
static int attach_super(struct device *dev, int sockfd, u32 devid)
{
	unsigned int number, end = 2 * vhci_nports();
	int ret = -EBUSY;

	for (number = 0; number < end && ret == -EBUSY; number++) {
		struct vhci_port *port = vhci_port_get(number, true);

		if (!port)
			continue;
		if (port->number == number)
			ret = vhci_port_attach(port, sockfd, devid,
					       USB_SPEED_SUPER);
		vhci_port_put(port);
	}
	if (ret != -EBUSY)
		return ret;
	dev_err(dev, "attach: no SuperSpeed port is free\n");
	return -ENOSPC;
}

static ssize_t attach_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	s64 number, sockfd, devid, speed;
	bool plus = false, anywhere;
	struct vhci_port *port;
	char copy[64], *line = copy;
	int ret;

	if (strscpy(copy, buf, sizeof(copy)) < 0 ||
	    !take_number(&line, 0, U32_MAX, &number) ||
	    !take_number(&line, S32_MIN, S32_MAX, &sockfd) ||
	    !take_number(&line, 0, U32_MAX, &devid) ||
	    !take_number(&line, 0, U32_MAX, &speed) ||
	    (line && *skip_spaces(line))) {
		dev_err(dev,
			"attach: want \"PORT SOCKFD DEVID SPEED\", got \"%.*s\"\n",
			(int)min_t(size_t, strcspn(buf, "\n"), 64), buf);
		return -EINVAL;
	}

	switch (speed) {
	case USB_SPEED_LOW:
	case USB_SPEED_FULL:
	case USB_SPEED_HIGH:
	case USB_SPEED_WIRELESS:
	case USB_SPEED_SUPER:
		break;
	case USB_SPEED_SUPER_PLUS:
		/* 5 Gbit/s is what our root hub knows; the wire has no speed. */
		speed = USB_SPEED_SUPER;
		plus = true;
		break;
	default:
		dev_err(dev, "attach: port %lld: unknown speed %lld\n", number,
			speed);
		return -EINVAL;
	}

	port = vhci_port_get(number, speed == USB_SPEED_SUPER);
	if (!port) {
		dev_err(dev, "attach: no port %lld\n", number);
		return -EINVAL;
	}

	anywhere = plus && port->number != number;
	ret = vhci_port_attach(port, sockfd, devid, speed);
	vhci_port_put(port);
	if (ret == -EBUSY && anywhere)
		ret = attach_super(dev, sockfd, devid);
	return ret ?: count;
}
static DEVICE_ATTR_WO(attach);

static ssize_t detach_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	struct vhci_port *port = NULL;
	unsigned int number;
	int ret, i;

	ret = kstrtouint(buf, 10, &number);
	if (ret) {
		dev_err(dev, "detach: want \"PORT\", got \"%.*s\"\n",
			(int)min_t(size_t, strcspn(buf, "\n"), 64), buf);
		return -EINVAL;
	}

	/* A number is a place on one of the two root hubs. */
	for (i = 0; i < 2 && !port; i++) {
		port = vhci_port_get(number, i);
		if (port && port->number != number) {
			vhci_port_put(port);
			port = NULL;
		}
	}
	if (!port) {
		dev_err(dev, "detach: no port %u\n", number);
		return -EINVAL;
	}

	ret = vhci_port_detach(port);
	vhci_port_put(port);
	if (ret)
		dev_err(dev, "detach: nothing is attached to port %u\n", number);
	return ret ?: count;
}
static DEVICE_ATTR_WO(detach);

/* One file a controller: status, status.1, … @created: under nports_lock */
struct status_attr {
	struct device_attribute attr;
	char name[16];
	bool created;
};

static struct status_attr status_attrs[VHCI_MAX_CONTROLLERS];

/* At most 1 + 30 lines of at most 64 bytes: always less than a page. */
static ssize_t status_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct status_attr *sa = container_of(attr, struct status_attr, attr);
	const struct vhci_place *place;
	unsigned int i, nports;
	int n;

	n = sysfs_emit(buf, "hub port sta spd dev      sockfd local_busid\n");
	mutex_lock(&vhci_places_lock);
	place = vhci_place(sa - status_attrs);
	nports = place ? place->layout.nports : 0;
	for (i = 0; i < 2 * nports; i++) {
		struct vhci_port *port = vhci_place_port(place, i);

		if (port)
			n += vhci_port_show(port, buf + n, PAGE_SIZE - n);
		else
			n += vhci_port_show_absent(i >= nports,
						   place->layout.first + i,
						   buf + n, PAGE_SIZE - n);
	}
	mutex_unlock(&vhci_places_lock);
	return n;
}

/**
 * vhci_sysfs_add_status - make the status file of a controller
 * @n: its number
 *
 * Context: process, may sleep. Return: 0 or a negative errno.
 */
int vhci_sysfs_add_status(unsigned int n)
{
	struct status_attr *sa = &status_attrs[n];
	int ret;

	if (n)
		snprintf(sa->name, sizeof(sa->name), "status.%u", n);
	else
		strscpy(sa->name, "status", sizeof(sa->name));
	sysfs_attr_init(&sa->attr.attr);
	sa->attr.attr.name = sa->name;
	sa->attr.attr.mode = 0444;
	sa->attr.show = status_show;
	ret = device_create_file(vhci_first_device(), &sa->attr);
	sa->created = !ret;
	return ret;
}

/**
 * vhci_sysfs_remove_status - take it away, if it is there; waits for readers
 * @n: the controller's number
 *
 * Context: process, may sleep.
 */
void vhci_sysfs_remove_status(unsigned int n)
{
	struct status_attr *sa = &status_attrs[n];

	if (sa->created)
		device_remove_file(vhci_first_device(), &sa->attr);
	sa->created = false;
}

/*
 * nports is the last: the tools look for it first. And should another file fail, none is
 * there whose reader, for whom the removal would wait, waits for nports_lock.
 */
static struct attribute *vhci_attrs[] = {
	&dev_attr_attach.attr,
	&dev_attr_detach.attr,
	&usbipx_debug_attr.attr,
	&dev_attr_nports.attr,
	NULL,
};

static const struct attribute_group vhci_group = {
	.attrs = vhci_attrs,
};

static void remove_all_status(void)
{
	unsigned int n;

	for (n = 0; n < vhci_nplaces; n++)
		vhci_sysfs_remove_status(n);
}

/**
 * vhci_sysfs_create - make the files; attach is possible from here on
 *
 * Context: process, may sleep. Return: 0 or a negative errno.
 */
int vhci_sysfs_create(void)
{
	unsigned int n;
	int ret = 0;

	for (n = 0; n < vhci_nplaces && !ret; n++)
		ret = vhci_sysfs_add_status(n);
	ret = ret ?: sysfs_create_group(&vhci_first_device()->kobj, &vhci_group);
	if (ret)
		remove_all_status();
	return ret;
}

/**
 * vhci_sysfs_remove_attach - no new attach; waits for those under way
 *
 * Context: process, may sleep; the first controller is there.
 */
void vhci_sysfs_remove_attach(void)
{
	device_remove_file(vhci_first_device(), &dev_attr_attach);
}

/**
 * vhci_sysfs_remove - take the files away, attach may have gone before; waits for
 *	readers and writers
 *
 * Context: process, may sleep; nports stays.
 */
void vhci_sysfs_remove(void)
{
	sysfs_remove_group(&vhci_first_device()->kobj, &vhci_group);
	remove_all_status();
}
