// SPDX-License-Identifier: GPL-2.0-only
/*
 * A claimed device: probe, client comes, client goes, disconnect.
 * May call match.c, urb.c, budget.c, core and the USB core. Called by the USB core and by
 * sysfs.c.
 */
#include <linux/delay.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/usb.h>
#include <linux/usb/hcd.h>

#include "host.h"

/*
 * The USB core has woken a device that slept, but only for a driver on top of its
 * generic one does it wake the port: a reset does, too.
 */
static int host_wake(struct usb_device *udev)
{
	if (udev->state != USB_STATE_SUSPENDED)
		return 0;
	usb_set_device_state(udev, udev->actconfig ? USB_STATE_CONFIGURED :
						     USB_STATE_ADDRESS);
	udev->port_is_suspended = 0;
	return usb_reset_device(udev);
}

static int host_probe(struct usb_device *udev)
{
	struct host_device *hdev;
	int ret;

	/* Another driver's, as soon as we say so. */
	if (!host_wants(udev))
		return -ENODEV;

	hdev = kzalloc(sizeof(*hdev), GFP_KERNEL);
	if (!hdev)
		return -ENOMEM;
	hdev->udev = udev;
	spin_lock_init(&hdev->lock);
	hash_init(hdev->urbs);
	host_split_init(hdev);
	mutex_init(&hdev->kill_lock);
	init_usb_anchor(&hdev->inflight);
	host_budget_init(hdev);

	/* Before the port is claimed: after that the core chooses none. */
	hdev->config = usb_choose_configuration(udev);

	/* With the port claimed, no driver binds to the interfaces. */
	ret = usb_hub_claim_port(udev->parent, udev->portnum,
				 (struct usb_dev_state *)hdev);
	if (ret) {
		dev_err(&udev->dev, "cannot claim port %u of its hub: error %d\n",
			udev->portnum, ret);
		host_budget_exit(hdev);
		kfree(hdev);
		return ret;
	}
	dev_set_drvdata(&udev->dev, hdev);

	ret = host_wake(udev);
	if (ret)
		dev_warn(&udev->dev,
			 "cannot be woken from its sleep: error %d\n", ret);

	/* So that clients see the interfaces in the device list. */
	if (hdev->config >= 0) {
		ret = usb_set_configuration(udev, hdev->config);
		if (ret)
			dev_warn(&udev->dev,
				 "exported without a configuration: cannot set %d: error %d\n",
				 hdev->config, ret);
	}

	/*
	 * Not through dev_groups: there the driver core removes what it could
	 * not create, and newer kernels warn when that was a directory.
	 */
	ret = sysfs_create_group(&udev->dev.kobj, &host_client_group);
	if (ret)
		dev_warn(&udev->dev, "exported without %s/: error %d\n",
			 host_client_group.name, ret);
	hdev->has_client_group = !ret;

	dev_info(&udev->dev, "exported, %04x:%04x\n",
		 le16_to_cpu(udev->descriptor.idVendor),
		 le16_to_cpu(udev->descriptor.idProduct));
	return 0;
}

/* The client's connection, if any, with a reference for the caller. */
static struct usbipx_conn *host_get_conn(struct host_device *hdev)
{
	struct usbipx_conn *conn;

	spin_lock_irq(&hdev->lock);
	conn = hdev->conn;
	if (conn)
		usbipx_conn_get(conn);
	spin_unlock_irq(&hdev->lock);
	return conn;
}

/*
 * Who may still be running, and why they no longer are:
 *
 *   sysfs           its readers and writers: the driver core removed the files
 *                   first, and we usbip_client/
 *   connection      closed and waited for: reader, sender and URBs are gone.
 *                   Whoever wants the device lock, which we hold, sees gone
 */
static void host_disconnect(struct usb_device *udev)
{
	struct host_device *hdev = dev_get_drvdata(&udev->dev);
	struct usbipx_conn *conn;

	if (hdev->has_client_group)
		sysfs_remove_group(&udev->dev.kobj, &host_client_group);

	/* From here on nobody connects. */
	spin_lock_irq(&hdev->lock);
	hdev->gone = true;
	spin_unlock_irq(&hdev->lock);

	conn = host_get_conn(hdev);
	if (conn) {
		usbipx_conn_close(conn, 0, "device is no longer exported");
		usbipx_conn_wait_dead(conn);
		usbipx_conn_put(conn);
	}

	usb_hub_release_port(udev->parent, udev->portnum,
			     (struct usb_dev_state *)hdev);
	/* As its next driver expects it; fails quietly when unplugged. */
	if (udev->actconfig)
		usb_set_configuration(udev, -1);
	dev_set_drvdata(&udev->dev, NULL);
	host_budget_exit(hdev);
	kfree(hdev);
}

/* Return: 0, or -EINVAL when there is no client. */
static int host_device_end(struct host_device *hdev, const char *reason)
{
	struct usbipx_conn *conn = host_get_conn(hdev);

	if (!conn)
		return -EINVAL;
	usbipx_conn_close(conn, 0, reason);
	usbipx_conn_put(conn);
	return 0;
}

/*
 * The USB core is about to give back every URB as if the device were gone, which
 * the client's drivers would believe: its connection ends instead. The rest of
 * host_device_closed() waits until the device is awake again.
 */
static int host_suspend(struct usb_device *udev, pm_message_t message)
{
	struct host_device *hdev = dev_get_drvdata(&udev->dev);

	/* Behind a disconnect, which leaves it to the core to suspend. */
	if (!hdev)
		return 0;
	if (!host_device_end(hdev, "server goes to sleep"))
		host_kill_urbs(hdev);
	return 0;
}

struct usb_device_driver host_driver = {
	.name = HOST_NAME,
	/*
	 * Says yes to what we want and to nothing else, so every other device
	 * stays with the generic driver, and what we want never gets there.
	 */
	.match = host_wants,
	.probe = host_probe,
	.disconnect = host_disconnect,
	.suspend = host_suspend,
	.dev_groups = host_device_groups,
};

/**
 * host_device_connect - give the device to a client
 * @hdev: the device
 * @sockfd: the calling process's descriptor of the client's connection
 *
 * Context: process, may sleep; @hdev cannot be disconnected meanwhile.
 * Return: 0, -EBUSY when the device or the socket is in use, -EINVAL when
 * @sockfd is no connected stream socket, -EOPNOTSUPP when it is one that this kernel
 * cannot share, -ENOMEM; each with a line in the log.
 */
int host_device_connect(struct host_device *hdev, int sockfd)
{
	struct device *dev = &hdev->udev->dev;
	struct usbipx_conn *conn;
	const char *why;
	int ret;

	conn = usbipx_conn_create(sockfd, &host_conn_ops, hdev, &why);
	if (IS_ERR(conn)) {
		dev_err(dev, "cannot connect: sockfd %d: %s\n", sockfd, why);
		return PTR_ERR(conn);
	}

	spin_lock_irq(&hdev->lock);
	if (hdev->conn || hdev->gone) {
		spin_unlock_irq(&hdev->lock);
		usbipx_conn_put(conn);
		dev_err(dev, "cannot connect: sockfd %d: device is in use\n",
			sockfd);
		return -EBUSY;
	}
	hdev->conn = usbipx_conn_get(conn);
	hdev->completed = 0;
	hdev->failed = 0;
	spin_unlock_irq(&hdev->lock);

	ret = usbipx_conn_start(conn, &why);
	if (ret) {
		dev_err(dev, "cannot connect: sockfd %d: %s\n", sockfd, why);
		spin_lock_irq(&hdev->lock);
		hdev->conn = NULL;
		spin_unlock_irq(&hdev->lock);
		usbipx_conn_put(conn);
	} else {
		dev_info(dev, "client connected: %s\n", conn->peer);
	}
	usbipx_conn_put(conn);
	return ret;
}

/**
 * host_device_disconnect - take the device from its client
 * @hdev: the device
 *
 * It is available again a moment later.
 *
 * Context: process. Return: 0, or -EINVAL when there is no client.
 */
int host_device_disconnect(struct host_device *hdev)
{
	return host_device_end(hdev, "taken from its client");
}

/**
 * host_device_status - for usbip_status
 * @hdev: the device
 *
 * Context: any.
 */
enum host_status host_device_status(struct host_device *hdev)
{
	return READ_ONCE(hdev->conn) ? HOST_USED : HOST_AVAILABLE;
}

/**
 * host_device_client - for usbip_client
 * @hdev: the device
 * @client: filled in
 *
 * Context: process. Return: 0, or -ENOTCONN when there is no client.
 */
int host_device_client(struct host_device *hdev, struct host_client *client)
{
	int ret = -ENOTCONN;

	/* Its closed() takes it away under this lock. */
	spin_lock_irq(&hdev->lock);
	if (hdev->conn) {
		usbipx_conn_stats(hdev->conn, &client->conn);
		client->completed = hdev->completed;
		client->failed = hdev->failed;
		ret = 0;
	}
	spin_unlock_irq(&hdev->lock);
	return ret;
}

/**
 * host_lock_device - take the device lock unless there is no point any more
 * @hdev: the device; one that sleeps is waited for
 * @conn: on whose behalf; NULL when it has ended
 *
 * Disconnect holds that lock and waits for us; it has set @hdev->gone.
 *
 * Context: process, may sleep. Return: 0 or -ENODEV.
 */
int host_lock_device(struct host_device *hdev, struct usbipx_conn *conn)
{
	for (;;) {
		bool locked = usb_trylock_device(hdev->udev);
		bool end = READ_ONCE(hdev->gone) ||
			   (conn && !usbipx_conn_is_up(conn));

		/* 0 from suspend to resume, changed under this lock. */
		if (locked && !end && hdev->udev->can_submit)
			return 0;
		if (locked)
			usb_unlock_device(hdev->udev);
		if (end)
			return -ENODEV;
		msleep(20);
	}
}

/**
 * host_device_closed - the client has gone
 * @conn: the connection
 * @ctx: the hurb that was being received, or NULL
 *
 * Context: process, may sleep; nothing of @conn is running.
 */
void host_device_closed(struct usbipx_conn *conn, void *ctx)
{
	struct host_device *hdev = conn->priv;
	struct device *dev = &hdev->udev->dev;
	char why[80];
	int ret;

	if (ctx)
		host_hurb_free(ctx);
	/* Completions find the connection closed and free their hurbs. */
	host_kill_urbs(hdev);
	host_free_kept(hdev);
	host_budget_end(hdev);

	dev_info(dev, "client disconnected: %s\n",
		 usbipx_conn_describe(conn, why, sizeof(why)));

	/* The next client finds the device as if just plugged in. */
	if (!host_lock_device(hdev, NULL)) {
		ret = usb_reset_device(hdev->udev);
		if (!ret)
			ret = host_set_configuration(hdev->udev, hdev->config);
		usb_unlock_device(hdev->udev);
		if (ret && ret != -ENODEV)
			dev_err(dev, "cannot reset after the client: error %d\n",
				ret);
	}

	spin_lock_irq(&hdev->lock);
	hdev->conn = NULL;
	spin_unlock_irq(&hdev->lock);
	usbipx_conn_put(conn);
}
