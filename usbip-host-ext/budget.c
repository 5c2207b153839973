// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much memory the client of a device may take: beyond it the connection's
 * reader pauses until something has completed or been sent.
 * May call core. Called by urb.c, device.c and main.c.
 *
 * A reader that pauses sees no CMD_UNLINK either, nor what would make the device
 * answer at last. So when nothing has completed for long, but before the client
 * has to think that nobody is here, what does not fit is refused until something
 * has.
 *
 * Only the reader adds, and it is one at a time: what fits when it looks still
 * fits when it adds.
 */
#include <linux/jiffies.h>

#include "host.h"

unsigned int host_client_memory_mb = 64;

/* Every device, from probe to disconnect. Process context. */
static DEFINE_SPINLOCK(budgets_lock);
static LIST_HEAD(budgets);

/* Answers that have no URB: as many may wait for a client that does not read. */
#define HOST_ANSWERS 4096

/* How long that is, in jiffies; 0: nobody gives up, nor do we. */
static unsigned long stall_time(struct host_device *hdev)
{
	return usbipx_conn_patience(hdev->conn) / 4 * 3;
}

static bool urb_fits(struct host_device *hdev, long bytes)
{
	unsigned int mb = READ_ONCE(host_client_memory_mb);
	long used = atomic_long_read(&hdev->charged);
	long limit = min_t(unsigned long, mb, LONG_MAX >> 20) << 20;

	if (!mb)
		return true;
	/* One that is larger than all there is may go beyond it. */
	return bytes > limit ? used < limit : used <= limit - bytes;
}

static bool answer_fits(struct host_device *hdev)
{
	return atomic_long_read(&hdev->answers) < HOST_ANSWERS;
}

/* The caller looks once more before it returns -EBUSY. */
static void pause_reader(struct host_device *hdev)
{
	WRITE_ONCE(hdev->paused, true);
	/* Pairs with the one in room_made(): one of the two sees the other. */
	smp_mb();
}

static void disarm_stall(struct host_device *hdev)
{
	lockdep_assert_held(&hdev->lock);
	WRITE_ONCE(hdev->stall_armed, false);
	cancel_delayed_work(&hdev->stall_work);
}

/* There was room when it looked once more. */
static void go_on(struct host_device *hdev)
{
	spin_lock_irq(&hdev->lock);
	WRITE_ONCE(hdev->paused, false);
	disarm_stall(hdev);
	spin_unlock_irq(&hdev->lock);
}

/* It looks again; whether it goes on it will see. */
static void resume_reader(struct host_device *hdev)
{
	lockdep_assert_held(&hdev->lock);
	WRITE_ONCE(hdev->paused, false);
	if (hdev->conn)
		usbipx_conn_rx_resume(hdev->conn);
}

/* Something was subtracted; with @completed an URB, so that nothing is stalled. */
static void room_made(struct host_device *hdev, bool completed)
{
	unsigned long flags;

	smp_mb__after_atomic(); /* see pause_reader() */
	if (!READ_ONCE(hdev->paused) &&
	    !(completed &&
	      (READ_ONCE(hdev->stalled) || READ_ONCE(hdev->stall_armed))))
		return;
	spin_lock_irqsave(&hdev->lock, flags);
	if (completed) {
		WRITE_ONCE(hdev->stalled, false);
		disarm_stall(hdev);
	}
	if (READ_ONCE(hdev->paused))
		resume_reader(hdev);
	spin_unlock_irqrestore(&hdev->lock, flags);
}

/*
 * The reader has paused because of an URB: not for ever, unless it was resumed.
 * When it looks again and still finds no room, the time goes on.
 */
static void arm_stall(struct host_device *hdev)
{
	unsigned long wait = stall_time(hdev);

	spin_lock_irq(&hdev->lock);
	if (hdev->stalled && hdev->paused) {
		resume_reader(hdev); /* it was found since the reader looked */
	} else if (hdev->paused && wait && !hdev->stall_armed) {
		WRITE_ONCE(hdev->stall_armed, true);
		mod_delayed_work(usbipx_wq, &hdev->stall_work, wait);
	}
	spin_unlock_irq(&hdev->lock);
}

/**
 * host_charge_urb - take memory of the client's budget for an URB
 * @hdev: the device
 * @bytes: how much; host_uncharge_urb() gives it back
 * @may_sleep: in process context
 *
 * Context: any; from the connection's reader. Return: 0; -EAGAIN when it takes a
 * context that may sleep; -EBUSY to be called again after
 * usbipx_conn_rx_resume(); -ENOMEM when nothing completes.
 */
int host_charge_urb(struct host_device *hdev, long bytes, bool may_sleep)
{
	if (!urb_fits(hdev, bytes)) {
		if (READ_ONCE(hdev->stalled))
			return -ENOMEM;
		if (!may_sleep)
			return -EAGAIN;
		pause_reader(hdev);
		if (!urb_fits(hdev, bytes)) {
			arm_stall(hdev);
			return -EBUSY;
		}
		go_on(hdev);
	} else if (may_sleep && READ_ONCE(hdev->stall_armed)) {
		go_on(hdev); /* the limit was raised meanwhile */
	}
	atomic_long_add(bytes, &hdev->charged);
	return 0;
}

/**
 * host_uncharge_urb - the memory of an URB is free again
 * @hdev: the device
 * @bytes: as charged
 * @completed: its hurb is over; false when it has not got so far
 *
 * Context: any, without hdev->lock.
 */
void host_uncharge_urb(struct host_device *hdev, long bytes, bool completed)
{
	atomic_long_sub(bytes, &hdev->charged);
	room_made(hdev, completed);
}

/**
 * host_budget_progress - a part of a transfer has completed: nothing is stalled
 * @hdev: the device
 *
 * Context: any, without hdev->lock.
 */
void host_budget_progress(struct host_device *hdev)
{
	room_made(hdev, true);
}

/**
 * host_charge_answer - one more answer without an URB
 * @hdev: the device
 * @may_sleep: in process context
 *
 * They do not count as URBs: what those wait for may be a CMD_UNLINK. That a
 * client does not read them for long is for TCP to notice.
 *
 * Context: any; from the connection's reader. Return: 0; -EAGAIN when it takes a
 * context that may sleep; -EBUSY to be called again after
 * usbipx_conn_rx_resume().
 */
int host_charge_answer(struct host_device *hdev, bool may_sleep)
{
	if (!answer_fits(hdev)) {
		if (!may_sleep)
			return -EAGAIN;
		pause_reader(hdev);
		if (!answer_fits(hdev))
			return -EBUSY;
		go_on(hdev);
	}
	atomic_long_inc(&hdev->answers);
	return 0;
}

/**
 * host_uncharge_answer - one less
 * @hdev: the device
 *
 * Context: any, without hdev->lock.
 */
void host_uncharge_answer(struct host_device *hdev)
{
	atomic_long_dec(&hdev->answers);
	room_made(hdev, false);
}

/**
 * host_limit_changed - host_client_memory_mb was written
 *
 * Context: process.
 */
void host_limit_changed(void)
{
	struct host_device *hdev;

	/* Its readers see it, or have paused before: see pause_reader(). */
	smp_mb();
	spin_lock(&budgets_lock);
	list_for_each_entry(hdev, &budgets, budgets)
		room_made(hdev, false);
	spin_unlock(&budgets_lock);
}

/* No URB has completed for stall_time(), unless one has at this very moment. */
static void stall_work(struct work_struct *work)
{
	struct host_device *hdev = container_of(to_delayed_work(work),
						struct host_device, stall_work);

	spin_lock_irq(&hdev->lock);
	if (!hdev->stall_armed || delayed_work_pending(&hdev->stall_work)) {
		spin_unlock_irq(&hdev->lock);
		return;
	}
	WRITE_ONCE(hdev->stall_armed, false);
	WRITE_ONCE(hdev->stalled, true);
	if (READ_ONCE(hdev->paused))
		resume_reader(hdev);
	spin_unlock_irq(&hdev->lock);
	dev_warn_ratelimited(&hdev->udev->dev,
			     "client's transfers take %ld KiB and none completes: refusing more, client_memory_mb=%u\n",
			     atomic_long_read(&hdev->charged) >> 10,
			     READ_ONCE(host_client_memory_mb));
}

/**
 * host_budget_init - a device without a client
 * @hdev: zeroed but for its lock; host_budget_exit() must follow
 *
 * Context: process.
 */
void host_budget_init(struct host_device *hdev)
{
	INIT_DELAYED_WORK(&hdev->stall_work, stall_work);
	spin_lock(&budgets_lock);
	list_add(&hdev->budgets, &budgets);
	spin_unlock(&budgets_lock);
}

/**
 * host_budget_exit - the device is about to be freed
 * @hdev: without a client
 *
 * Context: process.
 */
void host_budget_exit(struct host_device *hdev)
{
	spin_lock(&budgets_lock);
	list_del(&hdev->budgets);
	spin_unlock(&budgets_lock);
}

/**
 * host_budget_end - the client has gone, and has nothing charged
 * @hdev: the reader does not run any more
 *
 * Context: process, may sleep.
 */
void host_budget_end(struct host_device *hdev)
{
	cancel_delayed_work_sync(&hdev->stall_work);
	hdev->stalled = false;
	hdev->stall_armed = false;
	hdev->paused = false;
}
