// SPDX-License-Identifier: GPL-2.0-only
/*
 * usbip-host: module init and exit, parameters.
 * Calls device.c, match.c, budget.c and sysfs.c.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include "host.h"

/* Changes of the rules, one after the other. */
static DEFINE_MUTEX(autobind_lock);

/* Devices are claimed from here on; before, rules are only remembered. */
static bool registered;

static int autobind_write(const char *val)
{
	int ret;

	if (mutex_lock_interruptible(&autobind_lock))
		return -ERESTARTSYS;
	ret = host_set_rules(val);
	if (!ret && registered)
		ret = host_apply_rules();
	mutex_unlock(&autobind_lock);
	return ret;
}

/*
 * Called with the lock of all parameters of the module held, for which readers wait
 * whom no signal wakes; a device may be long in letting go of its own.
 */
static int autobind_set(const char *val, const struct kernel_param *kp)
{
	int ret;

	kernel_param_unlock(THIS_MODULE);
	ret = autobind_write(val);
	kernel_param_lock(THIS_MODULE);
	return ret;
}

static int autobind_get(char *buf, const struct kernel_param *kp)
{
	return host_get_rules(buf);
}

/* Called after the last writer, when the module goes. */
static void autobind_free(void *arg)
{
	host_free_rules();
}

static const struct kernel_param_ops autobind_ops = {
	.set = autobind_set,
	.get = autobind_get,
	.free = autobind_free,
};
module_param_cb(autobind, &autobind_ops, NULL, 0644);
__MODULE_PARM_TYPE(autobind, "RULE[,RULE...]");
MODULE_PARM_DESC(autobind,
		 "Devices to export as soon as they are there. RULE is VID[:PID[:SERIAL]], in hex, * for any; a leading ! excludes; the first match wins");

static int client_memory_set(const char *val, const struct kernel_param *kp)
{
	int ret = param_set_uint(val, kp);

	if (!ret)
		host_limit_changed();
	return ret;
}

static const struct kernel_param_ops client_memory_ops = {
	.set = client_memory_set,
	.get = param_get_uint,
};
module_param_cb(client_memory_mb, &client_memory_ops, &host_client_memory_mb,
		0644);
__MODULE_PARM_TYPE(client_memory_mb, "uint");
MODULE_PARM_DESC(client_memory_mb,
		 "MiB of memory that the transfers of one device's client may take at a time; more of them wait (default 64, 0: no limit)");

static void host_unregister(void)
{
	usb_deregister_device_driver(&host_driver);
}

static int __init host_init(void)
{
	int ret;

	/* Claims the devices present that match. */
	ret = usb_register_device_driver(&host_driver, THIS_MODULE);
	if (ret)
		return ret;

	ret = host_sysfs_create();
	if (ret) {
		host_release_all(host_unregister);
		host_buffer_exit();
		return ret;
	}
	/*
	 * Rules that were written since the driver looked at the devices. They are
	 * in force whatever it says, and it has said it in the log.
	 */
	mutex_lock(&autobind_lock);
	registered = true;
	host_apply_rules();
	mutex_unlock(&autobind_lock);
	return 0;
}
module_init(host_init);

static void __exit host_exit(void)
{
	registered = false;
	host_sysfs_remove();
	host_release_all(host_unregister);
	host_buffer_exit();
}
module_exit(host_exit);

MODULE_DESCRIPTION("USB/IP server: exports devices (usbip-ext)");
MODULE_AUTHOR("The usbip-ext developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(USBIPX_VERSION);
