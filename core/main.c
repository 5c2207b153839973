// SPDX-License-Identifier: GPL-2.0-only
/*
 * usbip-ext-core: module init and exit, parameters.
 * Calls nothing but the work queue API. Loaded below vhci-hcd and usbip-host.
 */
#include <linux/cred.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/sched/task.h>

#include "../compat/compat.h"
#include "internal.h"

struct workqueue_struct *usbipx_wq;
EXPORT_SYMBOL_GPL(usbipx_wq);

struct workqueue_struct *usbipx_close_wq;

/*
 * The socket was opened by one process and is used in the context of any that
 * submits an URB: what security modules see is the kernel.
 */
const struct cred *usbipx_cred;

unsigned int usbipx_peer_timeout = 20;
module_param_named(peer_timeout, usbipx_peer_timeout, uint, 0644);
MODULE_PARM_DESC(peer_timeout,
		 "Seconds of silence after which a peer counts as gone, for connections made from now on (default 20, 0: the system's TCP settings)");

static int __init usbipx_init(void)
{
	usbipx_cred = prepare_kernel_cred(&init_task);
	if (!usbipx_cred)
		return -ENOMEM;

	/*
	 * Bound, so that an answer is sent from the CPU where the URB
	 * completed; reclaim, because disks depend on it.
	 */
	usbipx_wq =
		alloc_workqueue("usbip_ext",
				WQ_MEM_RECLAIM | WQ_HIGHPRI | COMPAT_WQ_PERCPU,
				0);
	if (!usbipx_wq)
		goto put_cred;

	/* Unbound: a driver may wait while it takes a connection down. */
	usbipx_close_wq = alloc_workqueue("usbip_ext_close",
					  WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!usbipx_close_wq)
		goto destroy;
	return 0;

destroy:
	destroy_workqueue(usbipx_wq);
put_cred:
	put_cred(usbipx_cred);
	return -ENOMEM;
}
module_init(usbipx_init);

static void __exit usbipx_exit(void)
{
	/* The drivers are gone; connections past their closed() end here. */
	destroy_workqueue(usbipx_close_wq);
	destroy_workqueue(usbipx_wq);
	put_cred(usbipx_cred);
}
module_exit(usbipx_exit);

MODULE_DESCRIPTION("USB/IP connections for vhci-hcd and usbip-host (usbip-ext)");
MODULE_AUTHOR("The usbip-ext developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(USBIPX_VERSION);
