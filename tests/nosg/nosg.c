// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: while this is loaded, the host controllers of dummy_hcd take no scatter
 * lists, as the Raspberry Pi's dwc2 does not.
 * Loaded by kselftests before a driver asks for it; needs dummy_hcd to stay loaded.
 */
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/usb.h>
#include <linux/usb/hcd.h>

static void set_all(unsigned int sg_tablesize)
{
	struct usb_bus *bus;
	int id;

	mutex_lock(&usb_bus_idr_lock);
	idr_for_each_entry(&usb_bus_idr, bus, id)
		if (strstarts(bus->bus_name, "dummy_hcd"))
			bus->sg_tablesize = sg_tablesize;
	mutex_unlock(&usb_bus_idr_lock);
}

static int __init nosg_init(void)
{
	set_all(0);
	return 0;
}
module_init(nosg_init);

static void __exit nosg_exit(void)
{
	set_all(~0U);
}
module_exit(nosg_exit);

MODULE_DESCRIPTION("dummy_hcd without scatter lists, for tests");
MODULE_LICENSE("GPL");
