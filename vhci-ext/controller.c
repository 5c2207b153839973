// SPDX-License-Identifier: GPL-2.0-only
/*
 * Controllers: platform devices and the two host controllers behind each.
 * May call hub.c, port.c, urb.c and the USB host controller API.
 * Called by main.c, and by port.c and sysfs.c for look-up.
 */
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "vhci.h"

static struct vhci_controller *controllers[VHCI_MAX_CONTROLLERS];

/* How many there are. Written at load and at unload, while sysfs has no file of ours. */
unsigned int vhci_ncontrollers;

/* Result of the last probe; they run one after the other, at load only. */
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
	.hcd_priv_size = sizeof(struct vhci_hub *),
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

static void vhci_hub_init(struct vhci_controller *vhci, struct vhci_hub *hub,
			  bool super, unsigned int first)
{
	unsigned int i;

	hub->super = super;
	hub->nports = vhci->nports;
	spin_lock_init(&hub->poll_lock);
	hub->ports = vhci->ports + (super ? vhci->nports : 0);
	for (i = 0; i < hub->nports; i++)
		vhci_port_init(&hub->ports[i], hub, first + i);
}

static struct usb_hcd *vhci_hcd_create(struct vhci_controller *vhci,
				       struct vhci_hub *hub,
				       struct usb_hcd *primary)
{
	struct device *dev = &vhci->pdev->dev;
	struct usb_hcd *hcd;

	hcd = usb_create_shared_hcd(&vhci_hc_driver, dev, dev_name(dev), primary);
	if (!hcd)
		return NULL;

	hcd->speed = hub->super ? HCD_USB3 : HCD_USB2;
	/* Full and low speed devices sit on the USB2 root hub itself. */
	hcd->has_tt = !hub->super;
	hcd->self.sg_tablesize = ~0;
	hcd->self.no_sg_constraint = 1;
	*(struct vhci_hub **)hcd->hcd_priv = hub;
	hub->hcd = hcd;
	return hcd;
}

static int vhci_create(struct platform_device *pdev)
{
	const struct vhci_layout *layout = dev_get_platdata(&pdev->dev);
	struct vhci_controller *vhci;
	int ret = -ENOMEM;

	vhci = kzalloc(struct_size(vhci, ports, 2 * layout->nports), GFP_KERNEL);
	if (!vhci)
		return -ENOMEM;
	vhci->pdev = pdev;
	vhci->nports = layout->nports;
	vhci_hub_init(vhci, &vhci->high, false, layout->first);
	vhci_hub_init(vhci, &vhci->super, true, layout->first + layout->nports);

	if (!vhci_hcd_create(vhci, &vhci->high, NULL))
		goto free;
	if (!vhci_hcd_create(vhci, &vhci->super, vhci->high.hcd))
		goto put_high;

	ret = usb_add_hcd(vhci->high.hcd, 0, 0);
	if (ret)
		goto put_super;
	ret = usb_add_hcd(vhci->super.hcd, 0, 0);
	if (ret)
		goto remove_high;

	platform_set_drvdata(pdev, vhci);
	return 0;

remove_high:
	usb_remove_hcd(vhci->high.hcd);
put_super:
	usb_put_hcd(vhci->super.hcd);
put_high:
	usb_put_hcd(vhci->high.hcd);
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
 *   sysfs writers     main.c removed the files first
 *   connections       closed by vhci_controllers_remove() and waited for, port by
 *                     port; every URB is back
 *   USB drivers       usb_remove_hcd() disconnects them; their new URBs find no
 *                     connection and fail
 */
static compat_remove_t vhci_remove(struct platform_device *pdev)
{
	struct vhci_controller *vhci = platform_get_drvdata(pdev);
	unsigned int i;

	for (i = 0; i < 2 * vhci->nports; i++)
		vhci_port_exit(&vhci->ports[i]);
	usbipx_conn_wait_closed();

	usb_remove_hcd(vhci->super.hcd);
	usb_remove_hcd(vhci->high.hcd);

	usb_put_hcd(vhci->super.hcd);
	usb_put_hcd(vhci->high.hcd);
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
 * vhci_max_nports - how many devices the free USB bus numbers allow
 *
 * Context: process, may sleep.
 */
unsigned int vhci_max_nports(void)
{
	unsigned int used = 0;
	struct usb_bus *bus;
	int id;

	mutex_lock(&usb_bus_idr_lock);
	idr_for_each_entry(&usb_bus_idr, bus, id)
		used++;
	mutex_unlock(&usb_bus_idr_lock);

	return (VHCI_MAX_BUSES - used) / 2 * VHCI_HUB_PORTS;
}

/**
 * vhci_controller - look a controller up
 * @n: less than vhci_ncontrollers
 *
 * Context: any. Return: the controller; it stays until the module goes.
 */
struct vhci_controller *vhci_controller(unsigned int n)
{
	return controllers[n];
}

static int vhci_controller_add(unsigned int id, const struct vhci_layout *layout)
{
	struct platform_device *pdev;

	probe_result = 1; /* nobody has called vhci_probe() */
	pdev = platform_device_register_data(NULL, VHCI_NAME, id, layout,
					     sizeof(*layout));
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);

	/*
	 * Probed by now, as the driver is synchronous; or the probe failed; or the
	 * bus's drivers_autoprobe is 0. What else keeps the driver core from
	 * calling us is memory, as a rule.
	 */
	if (probe_result > 0 && device_attach(&pdev->dev) <= 0 && probe_result > 0)
		probe_result = -ENOMEM;
	controllers[id] = platform_get_drvdata(pdev);
	if (!controllers[id]) {
		platform_device_unregister(pdev);
		return probe_result ?: -ENODEV;
	}
	vhci_ncontrollers = id + 1;
	return 0;
}

/**
 * vhci_controllers_add - make as many controllers as the ports need
 * @nports: 1 to vhci_max_nports()
 *
 * Context: process, may sleep. Return: 0 or a negative errno, with one line in
 * the log and no controller left.
 */
int vhci_controllers_add(unsigned int nports)
{
	unsigned int left = nports;

	while (left) {
		struct vhci_layout layout = {
			.first = 2 * (nports - left),
			.nports = min_t(unsigned int, left, VHCI_HUB_PORTS),
		};
		int ret = vhci_controller_add(vhci_ncontrollers, &layout);

		if (ret) {
			pr_err(VHCI_NAME
			       ": nports=%u: cannot make controller %u: error %d\n",
			       nports, vhci_ncontrollers, ret);
			vhci_controllers_remove();
			return ret;
		}
		left -= layout.nports;
	}
	return 0;
}

/**
 * vhci_controllers_remove - take all controllers down, with what is attached
 *
 * Context: process, may sleep.
 */
void vhci_controllers_remove(void)
{
	unsigned int n, i;

	/*
	 * First of all: the removal waits for locks, whose holder may be waiting
	 * for a silent server to answer while its device is being enumerated.
	 */
	for (n = 0; n < vhci_ncontrollers; n++)
		for (i = 0; i < 2 * controllers[n]->nports; i++)
			vhci_port_detach(&controllers[n]->ports[i]);
	while (vhci_ncontrollers)
		platform_device_unregister(controllers[--vhci_ncontrollers]->pdev);
}
