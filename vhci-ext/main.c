// SPDX-License-Identifier: GPL-2.0-only
/*
 * vhci-hcd: module init and exit, parameters.
 * Calls controller.c, urb.c and sysfs.c.
 */
#include <linux/init.h>
#include <linux/module.h>

#include "vhci.h"

/* A string, so that a value which is no number gets the same one line. */
static char *nports_arg = "64";
module_param_named(nports, nports_arg, charp, 0444);
MODULE_PARM_DESC(nports,
		 "Devices that can be attached at once, of any speed (default 64; at most 15 for every two free USB bus numbers)");

module_param_named(unlink_timeout, vhci_unlink_timeout, uint, 0644);
MODULE_PARM_DESC(unlink_timeout,
		 "Seconds to wait for a peer to confirm that a transfer was cancelled (default 5)");

static int __init vhci_init(void)
{
	unsigned int max = vhci_max_nports();
	int nports;
	int ret;

	if (kstrtoint(nports_arg, 0, &nports) || nports < 1 || nports > max) {
		pr_err(VHCI_NAME
		       ": nports=%s: must be a number from 1 to %u, the limit of this system's free USB bus numbers\n",
		       nports_arg, max);
		return -EINVAL;
	}

	ret = vhci_urb_init();
	if (ret)
		return ret;

	ret = platform_driver_register(&vhci_platform_driver);
	if (ret)
		goto urb_exit;

	ret = vhci_controllers_add(nports);
	if (ret)
		goto unregister;

	ret = vhci_sysfs_create();
	if (ret)
		goto remove;

	return 0;

remove:
	vhci_controllers_remove();
unregister:
	platform_driver_unregister(&vhci_platform_driver);
urb_exit:
	vhci_urb_exit();
	return ret;
}
module_init(vhci_init);

static void __exit vhci_exit(void)
{
	/* No new attach; then every device goes as if unplugged. */
	vhci_sysfs_remove();
	vhci_controllers_remove();
	platform_driver_unregister(&vhci_platform_driver);
	vhci_urb_exit();
}
module_exit(vhci_exit);

MODULE_DESCRIPTION("USB/IP virtual host controller (usbip-ext)");
MODULE_AUTHOR("The usbip-ext developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(USBIPX_VERSION);
