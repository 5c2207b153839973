// SPDX-License-Identifier: GPL-2.0-only
/*
 * Controllers: platform devices and the two host controllers behind each, and
 * which port numbers are whose.
 * May call hub.c, port.c, urb.c, unlink.c, sysfs.c and the USB host controller API.
 * Called by nports.c and main.c, and by sysfs.c and debug.c for look-up.
 */
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "vhci.h"

DEFINE_MUTEX(vhci_places_lock); /* see the locking chapter */

/* In the order of their ports' numbers, which leave none out. */
static struct vhci_place places[VHCI_MAX_CONTROLLERS];

/* How many there are; changed under nports_lock and vhci_places_lock. */
unsigned int vhci_nplaces;

/* Devices that can be attached at once, as the parameter says it; same. */
static unsigned int total;

/* Result of the last probe; they run one after the other, under nports_lock. */
static int probe_result;

static int vhci_start(struct usb_hcd *hcd)
{
	hcd->state = HC_STATE_RUNNING;
	hcd->uses_new_polling = 1;
	return 0;
}

static void vhci_stop(struct usb_hcd *hcd)
{
	hcd->state = HC_STATE_HALT;
}

static int vhci_get_frame_number(struct usb_hcd *hcd)
{
	/* One frame a millisecond, 11 bits, as on a real bus. */
	return ktime_to_ms(ktime_get()) & 0x7ff;
}

static const struct hc_driver vhci_hc_driver = {
	.description = VHCI_NAME,
	.product_desc = "USB/IP Virtual Host Controller",
	.hcd_priv_size = sizeof(struct vhci_hub),
	/*
	 * HCD_BH: answers arrive with the socket locked; completion handlers
	 * run after it is unlocked.
	 */
	.flags = HCD_USB2 | HCD_SHARED | HCD_BH,
	.start = vhci_start,
	.stop = vhci_stop,
	.urb_enqueue = vhci_urb_enqueue,
	.urb_dequeue = vhci_urb_dequeue,
	.get_frame_number = vhci_get_frame_number,
	.hub_status_data = vhci_hub_status_data,
	.hub_control = vhci_hub_control,
	.free_dev = vhci_free_dev,
	.reset_device = vhci_reset_device,
#ifdef CONFIG_PM
	.bus_suspend = vhci_bus_suspend,
	.bus_resume = vhci_bus_resume,
#endif
};

/* A root hub of ports that are numbered from @first; the USB2 one is @primary. */
static struct vhci_hub *vhci_hub_create(struct vhci_controller *vhci,
					unsigned int first,
					struct vhci_hub *primary)
{
	struct device *dev = &vhci->pdev->dev;
	struct vhci_hub *hub;
	struct usb_hcd *hcd;
	unsigned int i;

	hcd = usb_create_shared_hcd(&vhci_hc_driver, dev, dev_name(dev),
				    primary ? primary->hcd : NULL);
	if (!hcd)
		return NULL;

	hcd->speed = primary ? HCD_USB3 : HCD_USB2;
	/* Full and low speed devices sit on the USB2 root hub itself. */
	hcd->has_tt = !primary;
	hcd->self.sg_tablesize = ~0;
	hcd->self.no_sg_constraint = 1;

	hub = vhci_hub_of(hcd);
	hub->hcd = hcd;
	hub->super = primary;
	hub->nports = vhci->nports;
	spin_lock_init(&hub->poll_lock);
	for (i = 0; i < hub->nports; i++)
		vhci_port_init(&hub->ports[i], hub, first + i);
	return hub;
}

static int vhci_create(struct platform_device *pdev)
{
	const struct vhci_layout *layout = dev_get_platdata(&pdev->dev);
	struct vhci_controller *vhci;
	int ret = -ENOMEM;

	vhci = kzalloc(sizeof(*vhci), GFP_KERNEL);
	if (!vhci)
		return -ENOMEM;
	vhci->pdev = pdev;
	vhci->nports = layout->nports;

	vhci->high = vhci_hub_create(vhci, layout->first, NULL);
	if (!vhci->high)
		goto free;
	vhci->super = vhci_hub_create(vhci, layout->first + layout->nports,
				      vhci->high);
	if (!vhci->super)
		goto put_high;

	ret = usb_add_hcd(vhci->high->hcd, 0, 0);
	if (ret)
		goto put_super;
	ret = usb_add_hcd(vhci->super->hcd, 0, 0);
	if (ret)
		goto remove_high;

	platform_set_drvdata(pdev, vhci);
	return 0;

remove_high:
	usb_remove_hcd(vhci->high->hcd);
put_super:
	usb_put_hcd(vhci->super->hcd);
put_high:
	usb_put_hcd(vhci->high->hcd);
free:
	kfree(vhci);
	return ret;
}

static int vhci_probe(struct platform_device *pdev)
{
	probe_result = vhci_create(pdev);
	return probe_result;
}

/*
 * Who may still be running, and why they no longer are:
 *
 *   sysfs, debugfs    the controller is in no place any more, and nobody has a
 *                     port of it: vhci_controllers_cut() made sure, or the files
 *                     are gone
 *   connections       there is none, nor a closed() that still knows a port:
 *                     vhci_controllers_cut() made sure, or all were closed and
 *                     waited for by vhci_controllers_remove(). Every URB is
 *                     back, or in the hands of who cancels it
 *   USB drivers       usb_remove_hcd() disconnects them; their new URBs find no
 *                     connection and fail. Who is late and enqueues or cancels
 *                     one still, has its device, and that has the host
 *                     controller's memory, and so the port
 */
static compat_remove_t vhci_remove(struct platform_device *pdev)
{
	struct vhci_controller *vhci = platform_get_drvdata(pdev);

	usb_remove_hcd(vhci->super->hcd);
	usb_remove_hcd(vhci->high->hcd);

	usb_put_hcd(vhci->super->hcd);
	usb_put_hcd(vhci->high->hcd);
	kfree(vhci);
	return COMPAT_REMOVED;
}

struct platform_driver vhci_platform_driver = {
	.probe = vhci_probe,
	.remove = vhci_remove,
	.driver = {
		.name = VHCI_NAME,
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
		/* The sysfs files speak of all controllers. */
		.suppress_bind_attrs = true,
	},
};

/**
 * vhci_nports - how many devices can be attached at once
 *
 * Context: any.
 */
unsigned int vhci_nports(void)
{
	return READ_ONCE(total);
}

/**
 * vhci_max_nports - how many there can be, by the bus numbers that are free
 *
 * Context: the caller holds nports_lock and usb_bus_idr_lock.
 */
unsigned int vhci_max_nports(void)
{
	unsigned int used = 0;
	struct usb_bus *bus;
	int id;

	lockdep_assert_held(&usb_bus_idr_lock);
	idr_for_each_entry(&usb_bus_idr, bus, id)
		used++;

	return total + (VHCI_MAX_BUSES - used) / 2 * VHCI_HUB_PORTS;
}

/**
 * vhci_first_device - the one that has the sysfs files
 *
 * Context: any; from the first vhci_controllers_add() to vhci_controllers_remove().
 */
struct device *vhci_first_device(void)
{
	return &places[0].pdev->dev;
}

/**
 * vhci_place - what a status file shows
 * @n: its number
 *
 * Context: the caller holds vhci_places_lock. Return: NULL when there is none.
 */
const struct vhci_place *vhci_place(unsigned int n)
{
	lockdep_assert_held(&vhci_places_lock);
	return n < vhci_nplaces ? &places[n] : NULL;
}

/**
 * vhci_place_port - the port behind a number
 * @place: where
 * @i: the number, from @place's first: less than twice its nports
 *
 * Context: the caller holds vhci_places_lock. Return: NULL while there is none yet,
 * or none any more.
 */
struct vhci_port *vhci_place_port(const struct vhci_place *place, unsigned int i)
{
	unsigned int n = place->layout.nports;
	struct vhci_controller *vhci = place->vhci;

	lockdep_assert_held(&vhci_places_lock);
	if (!vhci)
		return NULL;
	return i < n ? &vhci->high->ports[i] : &vhci->super->ports[i - n];
}

/**
 * vhci_port_get - the port that a number written to attach or detach means
 * @number: as written
 * @super: the device is SuperSpeed. The stock driver takes the number's place
 *	on either root hub of the controller; so do we.
 *
 * Context: process, may sleep. Return: the port, which stays until
 * vhci_port_put(); NULL when @number is too large.
 */
struct vhci_port *vhci_port_get(unsigned int number, bool super)
{
	struct vhci_port *port = NULL;
	unsigned int n;

	mutex_lock(&vhci_places_lock);
	for (n = 0; n < vhci_nplaces; n++) {
		unsigned int nports = places[n].layout.nports;

		if (number < 2 * nports) {
			number = number % nports + (super ? nports : 0);
			port = vhci_place_port(&places[n], number);
			break;
		}
		number -= 2 * nports;
	}
	if (port)
		port->users++;
	mutex_unlock(&vhci_places_lock);
	return port;
}

/**
 * vhci_port_hold - keep a port that cannot go at the moment
 * @port: is in use
 *
 * Context: process, may sleep. Pairs with vhci_port_put().
 */
void vhci_port_hold(struct vhci_port *port)
{
	mutex_lock(&vhci_places_lock);
	port->users++;
	mutex_unlock(&vhci_places_lock);
}

/**
 * vhci_port_put - let a port go
 * @port: from vhci_port_get() or vhci_port_hold()
 *
 * Context: process, may sleep.
 */
void vhci_port_put(struct vhci_port *port)
{
	mutex_lock(&vhci_places_lock);
	port->users--;
	mutex_unlock(&vhci_places_lock);
}

/* A controller for @place, which nobody finds in it yet. */
static int place_fill(struct vhci_place *place)
{
	struct platform_device *pdev;

	probe_result = 1; /* nobody has called vhci_probe() */
	pdev = platform_device_register_data(NULL, VHCI_NAME, place - places,
					     &place->layout,
					     sizeof(place->layout));
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);

	/*
	 * Probed by now, as the driver is synchronous; or the probe failed; or the
	 * bus's drivers_autoprobe is 0. What else keeps the driver core from
	 * calling us is memory, as a rule.
	 */
	if (probe_result > 0 && device_attach(&pdev->dev) <= 0 && probe_result > 0)
		probe_result = -ENOMEM;
	if (!platform_get_drvdata(pdev)) {
		platform_device_unregister(pdev);
		return probe_result ?: -ENODEV;
	}
	place->pdev = pdev;
	return 0;
}

/* A new place at the end; with its status file, unless at load. */
static int place_add(unsigned int first, unsigned int nports, bool status)
{
	struct vhci_place *place = &places[vhci_nplaces];
	int ret;

	mutex_lock(&vhci_places_lock);
	place->layout.first = first;
	place->layout.nports = nports;
	place->vhci = NULL;
	place->pdev = NULL;
	vhci_nplaces++;
	mutex_unlock(&vhci_places_lock);

	/* Before the directory. */
	ret = status ? vhci_sysfs_add_status(place - places) : 0;
	return ret ?: place_fill(place);
}

/*
 * Remove the places from @n on, of whose controllers nobody knows. Who has counted
 * the directories finds a status file for each, which goes after them.
 */
static void places_drop(unsigned int n)
{
	unsigned int i;

	for (i = vhci_nplaces; i-- > n;)
		if (places[i].pdev)
			platform_device_unregister(places[i].pdev);
	for (i = vhci_nplaces; i-- > n;)
		vhci_sysfs_remove_status(i);

	mutex_lock(&vhci_places_lock);
	vhci_nplaces = n;
	mutex_unlock(&vhci_places_lock);
}

/**
 * vhci_controllers_add - make controllers for more ports
 * @nports: the new total, to vhci_max_nports(); more than there are
 *
 * What is there stays as it is: a root hub cannot get more ports. So the first of
 * the new ones have a controller of their own, also when the last controller is
 * not full. None is found before all are there.
 *
 * Context: process, may sleep; the caller holds nports_lock. Return: 0 or a negative
 * errno, with one line in the log and all as it was before.
 */
int vhci_controllers_add(unsigned int nports)
{
	unsigned int old = vhci_nplaces;
	unsigned int have = total;
	unsigned int n;
	int ret;

	while (have < nports) {
		n = min_t(unsigned int, nports - have, VHCI_HUB_PORTS);
		if (vhci_nplaces == VHCI_MAX_CONTROLLERS)
			ret = -ENOSPC; /* bus numbers came free meanwhile */
		else
			ret = place_add(2 * have, n, old);
		if (ret) {
			pr_err(VHCI_NAME
			       ": nports=%u: cannot make a controller for ports %u to %u: error %d\n",
			       nports, 2 * have, 2 * (have + n) - 1, ret);
			places_drop(old);
			return ret;
		}
		have += n;
	}

	mutex_lock(&vhci_places_lock);
	for (n = old; n < vhci_nplaces; n++)
		places[n].vhci = platform_get_drvdata(places[n].pdev);
	WRITE_ONCE(total, nports);
	mutex_unlock(&vhci_places_lock);
	return 0;
}

/* The first port from @i of @place on that is in use, or NULL. */
static struct vhci_port *place_used(const struct vhci_place *place, unsigned int i)
{
	for (; i < 2 * place->layout.nports; i++) {
		struct vhci_port *port = vhci_place_port(place, i);

		if (port->users || !vhci_port_is_free(port))
			return port;
	}
	return NULL;
}

/* Show only the first @nports of each root hub. */
static void place_cut(struct vhci_place *place, unsigned int nports)
{
	unsigned int i;

	place->layout.nports = nports;
	for (i = nports; i < 2 * nports; i++)
		vhci_port_renumber(vhci_place_port(place, i),
				   place->layout.first + i);
}

/**
 * vhci_controllers_cut - remove ports at the end, with their controllers
 * @nports: the new total, less than there are
 *
 * A controller that is to lose only some keeps its root hubs, and the last ports of
 * them cannot be used any more. Nothing is allocated: this does not fail half-way.
 *
 * Context: process, may sleep; the caller holds nports_lock. Return: 0; -EBUSY, with
 * one line in the log, when a port is in use whose number is not to be or would
 * change; nothing has changed then.
 */
int vhci_controllers_cut(unsigned int nports)
{
	struct vhci_port *used = NULL;
	unsigned int left = nports;
	unsigned int number = 0;
	unsigned int keep, n;

	mutex_lock(&vhci_places_lock);
	for (keep = 0; left >= places[keep].layout.nports; keep++)
		left -= places[keep].layout.nports;
	/* The USB2 ports before the cut stay what they are. */
	for (n = keep; n < vhci_nplaces && !used; n++)
		used = place_used(&places[n], n == keep ? left : 0);
	if (used) {
		number = used->number;
	} else {
		if (left)
			place_cut(&places[keep++], left);
		for (n = keep; n < vhci_nplaces; n++)
			places[n].vhci = NULL;
		WRITE_ONCE(total, nports);
	}
	mutex_unlock(&vhci_places_lock);

	if (used) {
		pr_err(VHCI_NAME ": nports=%u: port %u is in use\n", nports,
		       number);
		return -EBUSY;
	}
	places_drop(keep);
	return 0;
}

/**
 * vhci_controllers_detach - begin to take down whatever is attached
 *
 * Context: process, may sleep; nports may be changing.
 */
void vhci_controllers_detach(void)
{
	const struct vhci_place *place;
	struct vhci_port *port;
	unsigned int n, i;

	mutex_lock(&vhci_places_lock);
	for (n = 0; (place = vhci_place(n)); n++) {
		for (i = 0; i < 2 * place->layout.nports; i++) {
			port = vhci_place_port(place, i);
			if (port)
				vhci_port_detach(port);
		}
	}
	mutex_unlock(&vhci_places_lock);
}

/**
 * vhci_controllers_remove - take all controllers down, with what is attached
 *
 * Context: process, may sleep; no file of ours is there, and nports stays.
 */
void vhci_controllers_remove(void)
{
	struct vhci_controller *vhci;
	unsigned int n, i;

	/*
	 * First of all: the removal waits for locks, whose holder may be waiting
	 * for a silent server to answer while its device is being enumerated.
	 */
	vhci_controllers_detach();
	for (n = 0; n < vhci_nplaces; n++) {
		vhci = platform_get_drvdata(places[n].pdev);
		for (i = 0; i < vhci->nports; i++) {
			vhci_port_exit(&vhci->high->ports[i]);
			vhci_port_exit(&vhci->super->ports[i]);
		}
	}
	usbipx_conn_wait_closed(&vhci_conn_ops);
	places_drop(0);
}
