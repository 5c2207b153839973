// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parameter nports: its value at load, and changes while the module works.
 * May call controller.c and sysfs.c. Called by main.c, by whoever reads or writes the
 * parameter, and by sysfs.c.
 *
 * The kernel's tools read the file nports, make room for so many ports, count the
 * directories vhci_hcd.*, and believe whatever the status file of each says. Were
 * there more of them by then than nports said, they would write past their memory;
 * were there less, they would show ports that are none. So a change first waits for
 * whoever has read nports to read the rest, and who asks for nports meanwhile is
 * told when the change is over.
 */
#include <linux/module.h>
#include <linux/sched/signal.h>

#include "vhci.h"

/* What the tools have for all of that; it takes them a few milliseconds. */
#define NPORTS_GRACE_MS 1000

/* Changes, one after the other; see the locking chapter. */
static DEFINE_MUTEX(nports_lock);

/*
 * The parameter has a file before vhci_init() and after vhci_exit(): what is
 * written there is kept as if it had been given at load, or refused.
 */
static enum {
	NPORTS_LOADING,
	NPORTS_LIVE,
	NPORTS_GONE,
} nports_state;

/* A string, so that a value which is no number gets the same one line. */
static char nports_arg[64] = "64";

/* A number that can be, or a line that tells why not. */
static int nports_parse(const char *text, unsigned int *nports)
{
	unsigned int max;

	lockdep_assert_held(&nports_lock);
	/*
	 * Its holder may wait for a device that is being enumerated (usbfs's
	 * "devices"). Not so at load: the kernel gives init's error also to those
	 * who wait for the same load, and were sent no signal.
	 */
	if (READ_ONCE(nports_state) == NPORTS_LOADING)
		mutex_lock(&usb_bus_idr_lock);
	else if (mutex_lock_interruptible(&usb_bus_idr_lock))
		return -ERESTARTSYS;
	max = vhci_max_nports();
	mutex_unlock(&usb_bus_idr_lock);

	if (!kstrtouint(text, 0, nports) && *nports >= 1 && *nports <= max)
		return 0;
	pr_err(VHCI_NAME
	       ": nports=%.*s: must be a number from 1 to %u, the limit of this system's free USB bus numbers\n",
	       (int)min_t(size_t, strcspn(text, "\n"), 64), text, max);
	return -EINVAL;
}

static int nports_change(const char *text)
{
	long left = msecs_to_jiffies(NPORTS_GRACE_MS);
	unsigned int nports;
	int ret;

	lockdep_assert_held(&nports_lock);
	ret = nports_parse(text, &nports);
	if (ret || nports == vhci_nports())
		return ret;

	/* Not in state D; and a signal would have it begin anew, and again. */
	while (left)
		left = schedule_timeout_idle(left);
	if (fatal_signal_pending(current))
		return -EINTR;
	if (READ_ONCE(nports_state) == NPORTS_GONE)
		return -ENODEV;
	return nports > vhci_nports() ? vhci_controllers_add(nports) :
					vhci_controllers_cut(nports);
}

static int nports_write(const char *text)
{
	int ret;

	if (mutex_lock_interruptible(&nports_lock))
		return -ERESTARTSYS;

	switch (READ_ONCE(nports_state)) {
	case NPORTS_LOADING:
		ret = strlen(text) < sizeof(nports_arg) ? 0 : -ENOSPC;
		if (!ret)
			strscpy(nports_arg, text, sizeof(nports_arg));
		break;
	case NPORTS_LIVE:
		ret = nports_change(text);
		break;
	default:
		ret = -ENODEV;
	}
	mutex_unlock(&nports_lock);
	return ret;
}

/*
 * Called with the lock of all parameters of the module held, for which others wait
 * whom no signal wakes: readers, too.
 */
static int nports_set(const char *val, const struct kernel_param *kp)
{
	int ret;

	kernel_param_unlock(THIS_MODULE);
	ret = nports_write(val);
	kernel_param_lock(THIS_MODULE);
	return ret;
}

static int nports_get(char *buf, const struct kernel_param *kp)
{
	return scnprintf(buf, PAGE_SIZE, "%u\n", vhci_nports());
}

static const struct kernel_param_ops nports_ops = {
	.set = nports_set,
	.get = nports_get,
};
module_param_cb(nports, &nports_ops, NULL, 0644);
__MODULE_PARM_TYPE(nports, "uint");
MODULE_PARM_DESC(nports,
		 "Devices that can be attached at once, of any speed (default 64; at most 15 for every two free USB bus numbers)");

/**
 * vhci_nports_start - make the controllers asked for at load, and all files
 *
 * The parameter can be changed from here on.
 *
 * Context: process, may sleep. Return: 0 or a negative errno.
 */
int vhci_nports_start(void)
{
	unsigned int nports;
	int ret;

	mutex_lock(&nports_lock);
	ret = nports_parse(nports_arg, &nports);
	if (!ret)
		ret = vhci_controllers_add(nports);
	if (!ret) {
		ret = vhci_sysfs_create();
		if (ret)
			vhci_controllers_remove();
	}
	nports_state = ret ? NPORTS_GONE : NPORTS_LIVE;
	mutex_unlock(&nports_lock);
	return ret;
}

/**
 * vhci_nports_stop - refuse changes, and wait for the one under way; what is
 *	attached begins to go
 *
 * Context: process, may sleep; nobody can attach.
 */
void vhci_nports_stop(void)
{
	/* Before the lock: who waits for it, or for readers, is refused, too. */
	WRITE_ONCE(nports_state, NPORTS_GONE);
	/* The change may be waiting for a device whose server is silent. */
	vhci_controllers_detach();
	mutex_lock(&nports_lock);
	mutex_unlock(&nports_lock);
}

/**
 * vhci_nports_settled - how many devices can be attached at once, but not while
 *	that changes
 *
 * Context: process, sleeps until the change is over. Return: the number, or
 * -ERESTARTSYS.
 */
int vhci_nports_settled(void)
{
	int n;

	if (mutex_lock_interruptible(&nports_lock))
		return -ERESTARTSYS;
	n = vhci_nports();
	mutex_unlock(&nports_lock);
	return n;
}
