// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which devices are ours: auto-bind rules, and what was said of single devices
 * through match_busid, which wins over the rules until the device is replugged.
 * May call rules.c and the driver core. Called by main.c, device.c and sysfs.c.
 */
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/usb.h>
#include <linux/usb/hcd.h>

#include "host.h"
#include "rules.h"

/* The longest name the tools can write. */
#define BUSID_SIZE 32

/**
 * struct busid_entry - what was said of the device at a busid
 * @node: in busids
 * @busid: name of the device
 * @claim: "add": ours; otherwise "del" of a device that the rules want
 * @udev: the device that is meant, with a reference; NULL as long as none was
 *	there. When another one comes to the busid, the entry is stale.
 */
struct busid_entry {
	struct list_head node;
	char busid[BUSID_SIZE];
	bool claim;
	struct usb_device *udev;
};

/* Protects everything below. Never held while the driver core is called. */
static DEFINE_MUTEX(match_lock);
static LIST_HEAD(busids);
static char *rules_text;
static struct host_rule *rules;
static size_t nrules;
static bool leaving;

/**
 * host_may_export - can a device be exported at all
 * @udev: the device
 *
 * Not hubs, and nothing that was imported itself.
 *
 * Context: any.
 */
bool host_may_export(struct usb_device *udev)
{
	bool may;

	/*
	 * Whose host controller's driver has gone is NOTATTACHED since; the words go
	 * with the module, which waits for RCU.
	 */
	rcu_read_lock();
	may = udev->parent && udev->state != USB_STATE_NOTATTACHED &&
	      udev->descriptor.bDeviceClass != USB_CLASS_HUB &&
	      strcmp(bus_to_hcd(udev->bus)->driver->description, "vhci_hcd");
	rcu_read_unlock();
	return may;
}

static struct busid_entry *busid_find(const char *busid)
{
	struct busid_entry *entry;

	lockdep_assert_held(&match_lock);
	list_for_each_entry(entry, &busids, node)
		if (!strcmp(entry->busid, busid))
			return entry;
	return NULL;
}

static void busid_remove(struct busid_entry *entry)
{
	list_del(&entry->node);
	usb_put_dev(entry->udev);
	kfree(entry);
}

/* An "add" for a busid without a device is about the next one to come. */
static bool busid_applies(struct busid_entry *entry, struct usb_device *udev)
{
	if (!entry)
		return false;
	if (!entry->udev)
		entry->udev = usb_get_dev(udev);
	return entry->udev == udev;
}

static bool rules_want(struct usb_device *udev)
{
	lockdep_assert_held(&match_lock);
	return host_rules_match(rules, nrules,
				le16_to_cpu(udev->descriptor.idVendor),
				le16_to_cpu(udev->descriptor.idProduct),
				udev->serial) == HOST_CLAIM;
}

/**
 * host_wants - is a device to be ours
 * @udev: the device
 *
 * Context: process, may sleep; the device lock may be held.
 */
bool host_wants(struct usb_device *udev)
{
	struct busid_entry *entry;
	bool wanted = false;

	if (!host_may_export(udev))
		return false;

	mutex_lock(&match_lock);
	entry = busid_find(dev_name(&udev->dev));
	if (leaving)
		wanted = false;
	else if (busid_applies(entry, udev))
		wanted = entry->claim;
	else
		wanted = rules_want(udev);
	mutex_unlock(&match_lock);
	return wanted;
}

static bool is_ours(struct usb_device *udev)
{
	return udev->dev.driver == compat_usb_device_driver(&host_driver);
}

static bool has_no_driver(struct usb_device *udev)
{
	return !READ_ONCE(udev->dev.driver);
}

/*
 * For who takes the lock of the device's hub, as device_reprobe() does, which has no
 * reference to it: both get one. Return: false when the device is not wanted by
 * now (a probe may have had the lock), or is going, and its hub may be gone, too.
 * Context: process; usb_disconnect() sets the state first, and lets go of the hub
 * after it had the lock.
 */
static bool get_with_parent(struct usb_device *udev,
			    bool (*want)(struct usb_device *udev))
{
	bool attached;

	usb_lock_device(udev);
	attached = udev->state != USB_STATE_NOTATTACHED && want(udev);
	if (attached) {
		usb_get_dev(udev);
		get_device(udev->dev.parent);
	}
	usb_unlock_device(udev);
	return attached;
}

static void put_with_parent(struct usb_device *udev)
{
	struct device *parent = udev->dev.parent;

	usb_put_dev(udev);
	put_device(parent);
}

/* Devices picked in one go, to be reprobed after. */
struct picked {
	struct list_head node;
	struct usb_device *udev;
};

struct pick {
	struct list_head list;
	bool (*want)(struct usb_device *udev);
};

static int pick_one(struct usb_device *udev, void *data)
{
	struct pick *pick = data;
	struct picked *p;

	if (!pick->want(udev))
		return 0;
	p = kmalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	if (!get_with_parent(udev, pick->want)) {
		kfree(p);
		return 0;
	}
	p->udev = udev;
	list_add_tail(&p->node, &pick->list);
	return 0;
}

static int pick_devices(struct pick *pick, bool (*want)(struct usb_device *))
{
	int ret;

	INIT_LIST_HEAD(&pick->list);
	pick->want = want;
	ret = usb_for_each_dev(pick, pick_one);
	if (ret)
		pr_err(HOST_NAME
		       ": out of memory: not every device changes its driver\n");
	return ret;
}

/* Let each find the driver that is its own now. */
static void reprobe(struct pick *pick)
{
	struct picked *p, *next;

	list_for_each_entry_safe(p, next, &pick->list, node) {
		int ret;

		/* Set for good once a probe of ours has said no. */
		p->udev->use_generic_driver = 0;
		ret = device_reprobe(&p->udev->dev);
		if (ret && ret != -EPROBE_DEFER)
			dev_err(&p->udev->dev,
				"cannot change the driver: error %d\n", ret);
		put_with_parent(p->udev);
		kfree(p);
	}
}

/**
 * host_set_rules - replace the auto-bind rules
 * @text: as written, perhaps with a trailing newline
 *
 * Devices are not touched; see host_apply_rules().
 *
 * Context: process, may sleep. Return: 0; -EINVAL with a line that says where
 * the fault is, the old rules stay; -ENOMEM.
 */
int host_set_rules(const char *text)
{
	struct host_rule *new_rules;
	const char *why;
	char *new_text;
	size_t position;
	int n;

	new_text = kstrdup(text, GFP_KERNEL);
	if (!new_text)
		return -ENOMEM;
	new_text[strcspn(new_text, "\n")] = '\0';

	n = host_rules_parse(new_text, NULL, 0, &position, &why);
	if (n < 0) {
		pr_err(HOST_NAME ": autobind: position %zu: %s: \"%.32s\"\n",
		       position, why, new_text + position - 1);
		kfree(new_text);
		return n;
	}
	new_rules = kcalloc(n, sizeof(*new_rules), GFP_KERNEL);
	if (!new_rules) {
		kfree(new_text);
		return -ENOMEM;
	}
	host_rules_parse(new_text, new_rules, n, &position, &why);

	mutex_lock(&match_lock);
	swap(rules, new_rules);
	swap(rules_text, new_text);
	nrules = n;
	mutex_unlock(&match_lock);
	kfree(new_rules);
	kfree(new_text);
	return 0;
}

/**
 * host_get_rules - the auto-bind rules as they were written
 * @buf: one page
 *
 * Context: process, may sleep. Return: bytes in @buf.
 */
int host_get_rules(char *buf)
{
	int n;

	mutex_lock(&match_lock);
	n = sysfs_emit(buf, "%s\n", rules_text ?: "");
	mutex_unlock(&match_lock);
	return n;
}

/**
 * host_free_rules - forget the rules when the module goes
 *
 * Context: process; nobody writes any more.
 */
void host_free_rules(void)
{
	kfree(rules);
	kfree(rules_text);
	rules = NULL;
	rules_text = NULL;
	nrules = 0;
}

static bool is_misplaced(struct usb_device *udev)
{
	return host_may_export(udev) && host_wants(udev) != is_ours(udev);
}

/**
 * host_apply_rules - claim what we want and have not, and the reverse
 *
 * Context: process, may sleep; no device lock held. Return: 0; -ENOMEM, with a
 * line, when not every device was looked at: the rules are in force all the same.
 */
int host_apply_rules(void)
{
	struct pick pick;
	int ret = pick_devices(&pick, is_misplaced);

	reprobe(&pick);
	return ret;
}

/**
 * host_release_all - give every device back to its own driver
 * @unregister: unregisters our driver
 *
 * Context: process, may sleep. Nothing is claimed any more from here on.
 */
void host_release_all(void (*unregister)(void))
{
	struct busid_entry *entry, *next;
	struct pick pick;

	mutex_lock(&match_lock);
	leaving = true;
	mutex_unlock(&match_lock);

	pick_devices(&pick, is_ours);
	unregister();
	usbipx_conn_wait_closed(&host_conn_ops);
	reprobe(&pick);

	/* The parameter can still be written, and asks what is wanted. */
	mutex_lock(&match_lock);
	list_for_each_entry_safe(entry, next, &busids, node)
		busid_remove(entry);
	mutex_unlock(&match_lock);
}

struct lookup {
	const char *busid;
	struct usb_device *udev;
};

static int lookup_one(struct usb_device *udev, void *data)
{
	struct lookup *lookup = data;

	if (strcmp(dev_name(&udev->dev), lookup->busid))
		return 0;
	lookup->udev = usb_get_dev(udev);
	return 1;
}

/* The device at a busid with a reference, or NULL. */
static struct usb_device *device_at(const char *busid)
{
	struct lookup lookup = { .busid = busid };

	usb_for_each_dev(&lookup, lookup_one);
	return lookup.udev;
}

/* What is said last counts; @udev's reference goes to the entry. */
static int busid_set(const char *busid, bool claim, struct usb_device *udev)
{
	struct busid_entry *entry;

	lockdep_assert_held(&match_lock);
	entry = busid_find(busid);
	if (!entry) {
		entry = kzalloc(sizeof(*entry), GFP_KERNEL);
		if (!entry) {
			usb_put_dev(udev);
			return -ENOMEM;
		}
		strscpy(entry->busid, busid, sizeof(entry->busid));
		list_add_tail(&entry->node, &busids);
	}
	usb_put_dev(entry->udev);
	entry->udev = udev;
	entry->claim = claim;
	return 0;
}

/**
 * host_busid_add - match_busid: "add BUSID"
 * @busid: the device there, or the next one to come, is ours
 *
 * Claims nothing by itself: the tools bind next.
 *
 * Context: process, may sleep. Return: 0, -EINVAL for an impossible name,
 * -ENOMEM.
 */
int host_busid_add(const char *busid)
{
	struct usb_device *udev;
	int ret;

	if (!*busid || strlen(busid) >= BUSID_SIZE)
		return -EINVAL;

	udev = device_at(busid);
	mutex_lock(&match_lock);
	ret = busid_set(busid, true, udev);
	mutex_unlock(&match_lock);
	return ret;
}

/**
 * host_busid_del - match_busid: "del BUSID"
 * @busid: the device there is not ours, whatever the rules say, until replugged
 *
 * Context: process, may sleep. Return: 0, -ENODEV when neither "add" nor a rule
 * made the device ours, -ENOMEM.
 */
int host_busid_del(const char *busid)
{
	struct usb_device *udev = device_at(busid);
	struct busid_entry *entry;
	int ret = -ENODEV;

	mutex_lock(&match_lock);
	entry = busid_find(busid);
	if (udev && rules_want(udev)) {
		ret = busid_set(busid, false, udev);
		udev = NULL;
	} else if (entry && entry->claim) {
		busid_remove(entry);
		ret = 0;
	}
	mutex_unlock(&match_lock);
	usb_put_dev(udev);
	return ret;
}

/**
 * host_busid_show - match_busid: every busid that was added
 * @buf: one page
 *
 * Context: process, may sleep. Return: bytes in @buf.
 */
int host_busid_show(char *buf)
{
	struct busid_entry *entry;
	int n = 0;

	mutex_lock(&match_lock);
	list_for_each_entry(entry, &busids, node)
		if (entry->claim)
			n += sysfs_emit_at(buf, n, "%s ", entry->busid);
	mutex_unlock(&match_lock);
	n += sysfs_emit_at(buf, n, "\n");
	return n;
}

/**
 * host_rebind - let a device without a driver find its own
 * @busid: the device
 *
 * A probe that fails is the driver core's to report.
 *
 * Context: process, may sleep. Return: 0, -ENODEV when there is no such device,
 * -EBUSY when it has had a driver, or what device_attach() returned.
 */
int host_rebind(const char *busid)
{
	struct usb_device *udev = device_at(busid);
	int ret = -ENODEV;

	if (!udev)
		return -ENODEV;
	/* Before the lock, which may be held for long, and with it. */
	if (!has_no_driver(udev)) {
		ret = -EBUSY;
	} else if (get_with_parent(udev, has_no_driver)) {
		/* Who came first keeps it: device_reprobe() would take it away. */
		device_lock(udev->dev.parent);
		ret = device_attach(&udev->dev);
		device_unlock(udev->dev.parent);
		put_with_parent(udev);
	} else if (!has_no_driver(udev)) {
		ret = -EBUSY;
	}
	usb_put_dev(udev);
	return min(ret, 0);
}
