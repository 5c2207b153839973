// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sysfs files of the driver and of its devices: parse and print only.
 * May call device.c and match.c. Called by readers and writers, and by main.c.
 */
#include <linux/string.h>
#include <linux/sysfs.h>

#include "host.h"

static ssize_t usbip_status_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", host_device_status(dev_get_drvdata(dev)));
}
static DEVICE_ATTR_RO(usbip_status);

static ssize_t usbip_sockfd_store(struct device *dev,
				  struct device_attribute *attr,
				  const char *buf, size_t count)
{
	struct host_device *hdev = dev_get_drvdata(dev);
	int sockfd, ret;

	if (kstrtoint(buf, 10, &sockfd)) {
		dev_err(dev,
			"usbip_sockfd: want a descriptor or -1, got \"%.*s\"\n",
			(int)min_t(size_t, strcspn(buf, "\n"), 64), buf);
		return -EINVAL;
	}

	if (sockfd != -1) {
		ret = host_device_connect(hdev, sockfd);
	} else {
		ret = host_device_disconnect(hdev);
		if (ret)
			dev_err(dev,
				"usbip_sockfd: -1: no client is connected\n");
	}
	return ret ?: count;
}
static DEVICE_ATTR_WO(usbip_sockfd);

/* usbip_client/: -ENOTCONN while there is none. */
#define CLIENT_ATTR(_name, _format, _value)                                    \
	static ssize_t _name##_show(struct device *dev,                        \
				    struct device_attribute *attr, char *buf)  \
	{                                                                      \
		struct host_client client;                                     \
		int ret = host_device_client(dev_get_drvdata(dev), &client);   \
		return ret ?: sysfs_emit(buf, _format "\n", _value);           \
	}                                                                      \
	static DEVICE_ATTR_RO(_name)

CLIENT_ATTR(address, "%s", client.conn.peer);
CLIENT_ATTR(seconds, "%lld", client.conn.seconds);
CLIENT_ATTR(rx_bytes, "%llu", client.conn.rx_bytes);
CLIENT_ATTR(tx_bytes, "%llu", client.conn.tx_bytes);
CLIENT_ATTR(urbs, "%llu", client.completed);
CLIENT_ATTR(errors, "%llu", client.failed);

static struct attribute *host_client_attrs[] = {
	&dev_attr_address.attr,
	&dev_attr_seconds.attr,
	&dev_attr_rx_bytes.attr,
	&dev_attr_tx_bytes.attr,
	&dev_attr_urbs.attr,
	&dev_attr_errors.attr,
	NULL,
};

const struct attribute_group host_client_group = {
	.name = "usbip_client",
	.attrs = host_client_attrs,
};

static struct attribute *host_device_attrs[] = {
	&dev_attr_usbip_status.attr,
	&dev_attr_usbip_sockfd.attr,
	&usbipx_debug_attr.attr,
	NULL,
};

static const struct attribute_group host_device_group = {
	.attrs = host_device_attrs,
};

const struct attribute_group *host_device_groups[] = {
	&host_device_group,
	NULL,
};

static ssize_t match_busid_show(struct device_driver *drv, char *buf)
{
	return host_busid_show(buf);
}

/* A word of @buf without white space around it. */
static const char *word_after(char *buf, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(buf, prefix, n) ? NULL : strim(buf + n);
}

static ssize_t match_busid_store(struct device_driver *drv, const char *buf,
				 size_t count)
{
	const char *busid;
	char line[64];
	int ret = -EINVAL;

	if (strscpy(line, buf, sizeof(line)) < 0)
		goto out;
	busid = word_after(line, "add ");
	if (busid) {
		ret = host_busid_add(busid);
		goto out;
	}
	busid = word_after(line, "del ");
	if (busid)
		ret = host_busid_del(busid);
out:
	if (ret == -EINVAL)
		pr_err(HOST_NAME
		       ": match_busid: want \"add BUSID\" or \"del BUSID\", got \"%.*s\"\n",
		       (int)min_t(size_t, strcspn(buf, "\n"), 64), buf);
	else if (ret == -ENODEV)
		pr_err(HOST_NAME
		       ": match_busid: del %s: was not added, no rule claims it\n",
		       busid);
	return ret ?: count;
}
static DRIVER_ATTR_RW(match_busid);

static ssize_t rebind_store(struct device_driver *drv, const char *buf,
			    size_t count)
{
	const char *busid;
	char line[64];
	int ret = -EINVAL;

	if (strscpy(line, buf, sizeof(line)) < 0) {
		pr_err(HOST_NAME ": rebind: name too long\n");
		return ret;
	}
	busid = strim(line);
	ret = host_rebind(busid);
	if (ret)
		pr_err(HOST_NAME ": rebind: %s: %s: error %d\n", busid,
		       ret == -ENODEV ? "no such device" :
		       ret == -EBUSY  ? "has a driver" :
					"no driver took it",
		       ret);
	return ret ?: count;
}
static DRIVER_ATTR_WO(rebind);

/**
 * host_sysfs_create - make the driver's files
 *
 * Context: process, may sleep. Return: 0 or a negative errno.
 */
int host_sysfs_create(void)
{
	struct device_driver *drv = compat_usb_device_driver(&host_driver);
	int ret;

	ret = driver_create_file(drv, &driver_attr_match_busid);
	if (ret)
		return ret;
	ret = driver_create_file(drv, &driver_attr_rebind);
	if (ret)
		driver_remove_file(drv, &driver_attr_match_busid);
	return ret;
}

/**
 * host_sysfs_remove - take them away; waits for readers and writers
 *
 * Context: process, may sleep.
 */
void host_sysfs_remove(void)
{
	struct device_driver *drv = compat_usb_device_driver(&host_driver);

	driver_remove_file(drv, &driver_attr_rebind);
	driver_remove_file(drv, &driver_attr_match_busid);
}
