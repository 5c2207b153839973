// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports: attach, detach, the end of a connection, and how a port is printed.
 * May call hub.c, urb.c, unlink.c and core. Called by controller.c and sysfs.c.
 */
#include <linux/slab.h>
#include <linux/usb/ch11.h>

#include "trace.h"
#include "vhci.h"

#define port_dev(port) ((port)->hub->hcd->self.controller)

/**
 * vhci_port_init - prepare a port
 * @port: zeroed
 * @hub: whose it is
 * @number: its number in the sysfs files
 *
 * Context: any.
 */
void vhci_port_init(struct vhci_port *port, struct vhci_hub *hub,
		    unsigned int number)
{
	port->hub = hub;
	port->number = number;
	if (hub->super)
		port->status = USB_SS_PORT_LS_RX_DETECT;
	spin_lock_init(&port->lock);
	hash_init(port->urbs);
	INIT_LIST_HEAD(&port->unlinking);
	INIT_DELAYED_WORK(&port->unlink_work, vhci_unlink_work);
	INIT_DELAYED_WORK(&port->watch_work, vhci_watch_work);
}

/* The port's connection, if any, with a reference for the caller. */
static struct usbipx_conn *port_get_conn(struct vhci_port *port)
{
	struct usbipx_conn *conn;

	spin_lock_irq(&port->lock);
	conn = port->conn;
	if (conn)
		usbipx_conn_get(conn);
	spin_unlock_irq(&port->lock);
	return conn;
}

/**
 * vhci_port_exit - wait until a port that was detached is quiet
 * @port: nobody attaches to it any more
 *
 * Context: process, may sleep.
 */
void vhci_port_exit(struct vhci_port *port)
{
	struct usbipx_conn *conn = port_get_conn(port);

	if (conn) {
		usbipx_conn_wait_dead(conn);
		usbipx_conn_put(conn);
	}
}

static bool port_is_free(const struct vhci_port *port)
{
	lockdep_assert_held(&port->lock);
	return !port->conn && !port->udev;
}

/**
 * vhci_port_is_free - is nothing attached, nor any of it left
 * @port: the port
 *
 * Context: process. True for long only when nobody can attach.
 */
bool vhci_port_is_free(struct vhci_port *port)
{
	bool is_free;

	spin_lock_irq(&port->lock);
	is_free = port_is_free(port);
	spin_unlock_irq(&port->lock);
	return is_free;
}

/**
 * vhci_port_renumber - a port's number changes
 * @port: is free, and nobody can attach
 * @number: in the sysfs files
 *
 * Context: process.
 */
void vhci_port_renumber(struct vhci_port *port, unsigned int number)
{
	spin_lock_irq(&port->lock);
	port->number = number;
	spin_unlock_irq(&port->lock);
}

/**
 * vhci_port_attach - put a remote device on a port
 * @port: the port
 * @sockfd: the calling process's descriptor of the connection to the server
 * @devid: the server's name for the device
 * @speed: USB_SPEED_*, of the kind of @port's hub
 *
 * Context: process, may sleep. Return: 0, -EBUSY when the port is in use, -EINVAL when
 * @sockfd is no connected stream socket, or one that is in use, -EOPNOTSUPP when it is
 * one that this kernel cannot share, -ENOMEM; each with a line in the log, but for a port
 * in use.
 */
int vhci_port_attach(struct vhci_port *port, int sockfd, u32 devid,
		     enum usb_device_speed speed)
{
	struct device *dev = port_dev(port);
	struct usbipx_conn *conn;
	const char *why;
	int ret;

	conn = usbipx_conn_create(sockfd, &vhci_conn_ops, port, &why);
	if (IS_ERR(conn)) {
		ret = PTR_ERR(conn);
		goto refused;
	}

	spin_lock_irq(&port->lock);
	if (!port_is_free(port)) {
		spin_unlock_irq(&port->lock);
		usbipx_conn_put(conn);
		/* Not worth a line: others than the tools go on to the next port. */
		return -EBUSY;
	}
	port->conn = usbipx_conn_get(conn);
	port->devid = devid;
	port->speed = speed;
	port->sockfd = sockfd;
	port->since = 0;
	port->deaf = false;
	port->slow = 0;
	port->idle = jiffies;
	port->counts = (struct vhci_counts){};
	trace_vhci_connect(port->number, devid, speed, 0);
	spin_unlock_irq(&port->lock);

	ret = usbipx_conn_start(conn, &why);

	spin_lock_irq(&port->lock);
	if (ret) {
		trace_vhci_close(port->number, devid, speed, ret);
		port->conn = NULL;
	} else if (port->conn == conn) { /* and not closed meanwhile */
		vhci_port_plugged(port);
	}
	spin_unlock_irq(&port->lock);

	if (ret) {
		usbipx_conn_put(conn);
		usbipx_conn_put(conn);
		goto refused;
	}
	dev_info(dev, "port %u: attached devid %08x, speed %d\n", port->number,
		 devid, speed);
	usb_hcd_poll_rh_status(port->hub->hcd);
	usbipx_conn_put(conn);
	return 0;

refused:
	dev_err(dev, "port %u: cannot attach: sockfd %d: %s\n", port->number,
		sockfd, why);
	/* For EBUSY the tools write the same again, for ever. */
	return ret == -EBUSY ? -EINVAL : ret;
}

/**
 * vhci_port_detach - take the device off a port
 * @port: the port
 *
 * The device is gone for its drivers as if unplugged, a moment later.
 *
 * Context: process. Return: 0, or -EINVAL when nothing is attached.
 */
int vhci_port_detach(struct vhci_port *port)
{
	struct usbipx_conn *conn = port_get_conn(port);

	if (!conn)
		return -EINVAL;
	usbipx_conn_close(conn, 0, "detached");
	usbipx_conn_put(conn);
	return 0;
}

/**
 * vhci_port_closed - the connection of a port has ended
 * @conn: the connection
 * @ctx: the vurb whose answer was being received; it is among the port's
 *
 * Context: process, may sleep; nothing of @conn is running.
 */
void vhci_port_closed(struct usbipx_conn *conn, void *ctx)
{
	struct vhci_port *port = conn->priv;
	char why[80];

	/* Until the last line; all before makes it free. */
	vhci_port_hold(port);

	/* Who finds the port free finds the reason in the log. */
	dev_info(port_dev(port), "port %u: %s\n", port->number,
		 usbipx_conn_describe(conn, why, sizeof(why)));

	/*
	 * Nobody starts them or adds an URB: the connection takes no PDUs. Whoever
	 * started one had a PDU taken under port->lock, and its tx_done(), which
	 * has come, took that lock.
	 */
	cancel_delayed_work_sync(&port->unlink_work);
	cancel_delayed_work_sync(&port->watch_work);
	vhci_urb_flush(port);

	spin_lock_irq(&port->lock);
	trace_vhci_close(port->number, port->devid, port->speed, conn->error);
	port->conn = NULL;
	port->watching = false;
	vhci_port_unplugged(port);
	spin_unlock_irq(&port->lock);

	usb_hcd_poll_rh_status(port->hub->hcd);
	vhci_port_put(port);
	usbipx_conn_put(conn);
}

/**
 * vhci_free_dev - hc_driver.free_dev: the USB core lets go of a device
 * @hcd: the host controller
 * @udev: unplugged, or not enumerated
 *
 * Context: process.
 */
void vhci_free_dev(struct usb_hcd *hcd, struct usb_device *udev)
{
	struct vhci_hub *hub = vhci_hub_of(hcd);
	unsigned int i;

	for (i = 0; i < hub->nports; i++) {
		struct vhci_port *port = &hub->ports[i];

		spin_lock_irq(&port->lock);
		if (port->udev == udev)
			port->udev = NULL;
		spin_unlock_irq(&port->lock);
	}
}

/**
 * vhci_reset_device - hc_driver.reset_device: the core has reset a root port
 * @hcd: the host controller
 * @udev: what is on that port
 *
 * Sends the class request that stands for a device reset: SET_FEATURE
 * (PORT_RESET), which no device but a hub has. One that is being enumerated
 * needs none: the server has reset it for us.
 *
 * Context: process, sleeps; bounded by the request's timeout. Return: 0. The
 * core goes on by reading descriptors, which tells whether the device is
 * there, and a server that knows no reset is no reason to lose it.
 */
int vhci_reset_device(struct usb_hcd *hcd, struct usb_device *udev)
{
	int ret;

	if (udev->state < USB_STATE_ADDRESS)
		return 0;
	ret = usb_control_msg(udev, usb_sndctrlpipe(udev, 0), USB_REQ_SET_FEATURE,
			      USB_RT_PORT, USB_PORT_FEAT_RESET, 0, NULL, 0,
			      USB_CTRL_SET_TIMEOUT);
	/* Stock servers reset the device, and then let it refuse the request. */
	if (ret && ret != -EPIPE)
		dev_warn(&udev->dev, "the server does not reset it: error %d\n",
			 ret);
	return 0;
}

static enum vhci_port_state port_state(const struct vhci_port *port)
{
	lockdep_assert_held(&port->lock);
	if (port_is_free(port))
		return VHCI_PORT_FREE;
	/*
	 * The tools look for a used port's device in sysfs and fail when it is
	 * not there; one that has a driver is.
	 */
	if (port->udev && READ_ONCE(port->udev->dev.driver))
		return VHCI_PORT_USED;
	return VHCI_PORT_NOT_ASSIGNED;
}

/**
 * vhci_port_show - a port's line of the status files
 * @port: the port
 * @buf: where
 * @size: of @buf
 *
 * Context: process. Return: bytes written.
 */
int vhci_port_show(struct vhci_port *port, char *buf, size_t size)
{
	enum vhci_port_state state;
	int n;

	spin_lock_irq(&port->lock);
	state = port_state(port);
	n = scnprintf(buf, size, "%s  %04u %03u ",
		      port->hub->super ? "ss" : "hs", port->number, state);
	if (state == VHCI_PORT_FREE)
		n += scnprintf(buf + n, size - n, "000 00000000 000000 0-0\n");
	else
		n += scnprintf(buf + n, size - n, "%03u %08x %06d %s\n",
			       port->speed, port->devid, port->sockfd,
			       state == VHCI_PORT_USED ?
				       dev_name(&port->udev->dev) :
				       "0-0");
	spin_unlock_irq(&port->lock);
	return n;
}

/**
 * vhci_port_show_absent - the line of a port that is being made or removed
 * @super: of a USB3 root hub
 * @number: the port's number
 * @buf: where
 * @size: of @buf
 *
 * Context: any. Return: bytes written.
 */
int vhci_port_show_absent(bool super, unsigned int number, char *buf, size_t size)
{
	return scnprintf(buf, size, "%s  %04u %03u 000 00000000 000000 0-0\n",
			 super ? "ss" : "hs", number, VHCI_PORT_NOT_ASSIGNED);
}
