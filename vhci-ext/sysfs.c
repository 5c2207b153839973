// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sysfs files of vhci_hcd.0: parse and print only.
 * May call port.c and controller.c. Called by main.c and by readers, writers.
 */
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "vhci.h"

static struct device *first_device(void)
{
	return &vhci_controller(0)->pdev->dev;
}

static ssize_t nports_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	unsigned int i, n = 0;

	for (i = 0; i < vhci_ncontrollers; i++)
		n += 2 * vhci_controller(i)->nports;
	return sysfs_emit(buf, "%u\n", n);
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

static ssize_t attach_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	s64 number, sockfd, devid, speed;
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
		break;
	default:
		dev_err(dev, "attach: port %lld: unknown speed %lld\n", number,
			speed);
		return -EINVAL;
	}

	port = vhci_port_find(number, speed == USB_SPEED_SUPER);
	if (!port) {
		dev_err(dev, "attach: no port %lld\n", number);
		return -EINVAL;
	}

	ret = vhci_port_attach(port, sockfd, devid, speed);
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
	for (i = 0; i < 2; i++) {
		port = vhci_port_find(number, i);
		if (!port) {
			dev_err(dev, "detach: no port %u\n", number);
			return -EINVAL;
		}
		if (port->number == number)
			break;
	}

	ret = vhci_port_detach(port);
	if (ret)
		dev_err(dev, "detach: nothing is attached to port %u\n", number);
	return ret ?: count;
}
static DEVICE_ATTR_WO(detach);

static ssize_t status_show(struct device *dev, struct device_attribute *attr,
			   char *buf);

/* One file a controller: status, status.1, … */
struct status_attr {
	struct device_attribute attr;
	char name[16];
};

static struct status_attr status_attrs[VHCI_MAX_CONTROLLERS];

/* At most 1 + 30 lines of at most 64 bytes: always less than a page. */
static ssize_t status_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct status_attr *sa = container_of(attr, struct status_attr, attr);
	struct vhci_controller *vhci = vhci_controller(sa - status_attrs);
	unsigned int i;
	int n;

	n = sysfs_emit(buf, "hub port sta spd dev      sockfd local_busid\n");
	for (i = 0; i < 2 * vhci->nports; i++)
		n += vhci_port_show(&vhci->ports[i], buf + n, PAGE_SIZE - n);
	return n;
}

static struct attribute *vhci_attrs[3 + 1 + VHCI_MAX_CONTROLLERS + 1] = {
	&dev_attr_nports.attr,
	&dev_attr_attach.attr,
	&dev_attr_detach.attr,
	&usbipx_debug_attr.attr,
};

static const struct attribute_group vhci_group = {
	.attrs = vhci_attrs,
};

/**
 * vhci_sysfs_create - make the files; attach is possible from here on
 *
 * Context: process, may sleep. Return: 0 or a negative errno.
 */
int vhci_sysfs_create(void)
{
	unsigned int i;

	for (i = 0; i < vhci_ncontrollers; i++) {
		struct status_attr *sa = &status_attrs[i];

		if (i)
			snprintf(sa->name, sizeof(sa->name), "status.%u", i);
		else
			strscpy(sa->name, "status", sizeof(sa->name));
		sysfs_attr_init(&sa->attr.attr);
		sa->attr.attr.name = sa->name;
		sa->attr.attr.mode = 0444;
		sa->attr.show = status_show;
		vhci_attrs[4 + i] = &sa->attr.attr;
	}
	return sysfs_create_group(&first_device()->kobj, &vhci_group);
}

/**
 * vhci_sysfs_remove - take the files away; waits for readers and writers
 *
 * Context: process, may sleep.
 */
void vhci_sysfs_remove(void)
{
	sysfs_remove_group(&first_device()->kobj, &vhci_group);
}
