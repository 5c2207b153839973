// SPDX-License-Identifier: GPL-2.0-only
/*
 * vhci-hcd: module init and exit, the parameter unlink_timeout.
 * Calls nports.c, controller.c, urb.c, sysfs.c and debug.c.
 */
#include <linux/init.h>
#include <linux/module.h>

#include "vhci.h"

module_param_named(unlink_timeout, vhci_unlink_timeout, uint, 0644);
MODULE_PARM_DESC(unlink_timeout,
		 "Seconds to wait for a peer to confirm that a transfer was cancelled (default 5)");

static int __init vhci_init(void)
{
	int ret;

	ret = vhci_urb_init();
	if (ret)
		return ret;

	ret = platform_driver_register(&vhci_platform_driver);
	if (ret)
		goto urb_exit;

	ret = vhci_nports_start();
	if (ret)
		goto unregister;

	vhci_debug_create();
	return 0;

unregister:
	platform_driver_unregister(&vhci_platform_driver);
urb_exit:
	vhci_urb_exit();
	return ret;
}
module_init(vhci_init);

static void __exit vhci_exit(void)
{
	/*
	 * Every device goes as if unplugged, no other comes, and nports stays as it
	 * is; in this order, as who is attaching may wait for memory, and that for
	 * a disk whose server is silent.
	 */
	vhci_controllers_detach();
	vhci_sysfs_remove_attach();
	vhci_nports_stop();
	vhci_debug_remove();
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
