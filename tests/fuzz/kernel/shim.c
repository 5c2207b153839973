// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory, contexts, work items and tasklets of the kernel that shim.h describes.
 * May call libc. Called by the drivers and by the fuzz targets.
 */
#include "run.h"

struct shim_context shim_now;
int shim_race_after;
bool shim_racing;
unsigned long jiffies;
struct shim_memory shim_memory;

static LIST_HEAD(works);
static LIST_HEAD(tasklets);
static struct tasklet_struct *tasklet_running;

static struct workqueue_struct wq = { "wq" };
static struct workqueue_struct close_wq = { "close_wq" };
struct workqueue_struct *usbipx_wq = &wq;
struct workqueue_struct *usbipx_close_wq = &close_wq;
const struct cred *usbipx_cred;
unsigned int usbipx_peer_timeout;
unsigned long usbipx_debug;

void usbipx_debug_print(const void *conn, const char *what, const void *w)
{
	(void)conn;
	(void)what;
	(void)w;
}

void shim_fail(const char *file, int line, const char *condition,
	       const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s:%d: CHECK FAILED: %s: ", file, line, condition);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

int scnprintf(char *buf, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(buf, size, format, args);
	va_end(args);
	return n < (int)size ? n : (int)size - 1;
}

void shim_print(const struct device *dev, const char *format, ...)
{
	static int wanted = -1;
	va_list args;

	(void)dev;
	if (wanted < 0)
		wanted = !!getenv("FUZZ_VERBOSE");
	if (!wanted)
		return;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
}

/* Small, and in the cache, is faster; a run is short. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=4:thread_local_quarantine_size_kb=256:"
	       "malloc_context_size=8:allocator_release_to_os_interval_ms=-1";
}

/* --- contexts ---------------------------------------------------------------- */
void shim_may_sleep(const char *what)
{
	check(!shim_now.locks && !shim_now.irqs_off && !shim_now.bh_off &&
		      !shim_now.softirq,
	      "%s() sleeps in atomic context", what);
}

/* Something has come to its end: in process context, and nothing is held. */
void shim_check_idle(void)
{
	check(!shim_now.locks, "a spinlock is left held");
	check(!shim_now.irqs_off, "interrupts are left disabled");
	check(!shim_now.bh_off, "bottom halves are left disabled");
	check(!shim_now.noio, "memalloc_noio_save() without its restore");
	check(!shim_now.noreclaim, "memalloc_noreclaim_save(), same");
}

void shim_race(void)
{
	struct shim_context cpu = shim_now;

	/* Another CPU, where nothing of this is held or disabled. */
	shim_now = (struct shim_context){};
	shim_racing = true;
	run_race();
	shim_check_idle();
	shim_racing = false;
	shim_now = cpu;
}

/* --- memory ------------------------------------------------------------------ */
/* The size in front; 16 bytes keep the alignment and ASan's redzone behind. */
#define PREFIX 16

static bool memory_fails(size_t size, gfp_t gfp)
{
	if (gfpflags_allow_blocking(gfp))
		shim_may_sleep("allocation that");
	if (shim_memory.fail_after && !--shim_memory.fail_after)
		return true;
	return shim_memory.bytes + size > SHIM_MEMORY_MAX;
}

void *kmalloc(size_t size, gfp_t gfp)
{
	u8 *p;

	if (memory_fails(size, gfp))
		return NULL;
	p = malloc(PREFIX + size);
	if (!p)
		return NULL;
	/* What the kernel leaves there is nobody's to rely on. */
	memset(p + PREFIX, gfp & __GFP_ZERO ? 0 : 0xa5,
	       gfp & __GFP_ZERO || size < 1024 ? size : 1024);
	memcpy(p, &size, sizeof(size));
	shim_memory.blocks++;
	shim_memory.bytes += size;
	return p + PREFIX;
}

void kfree(const void *q)
{
	u8 *p = (u8 *)q - PREFIX;
	size_t size;

	if (!q)
		return;
	memcpy(&size, p, sizeof(size));
	shim_memory.blocks--;
	shim_memory.bytes -= size;
	free(p);
}

struct kmem_cache *shim_cache_create(size_t size)
{
	struct kmem_cache *cache = malloc(sizeof(*cache));

	if (!cache)
		abort();
	cache->size = size;
	return cache;
}

void shim_cache_destroy(struct kmem_cache *cache)
{
	free(cache);
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	size_t size = PAGE_SIZE << order;
	struct page *page;

	if (memory_fails(size, gfp))
		return NULL;
	page = malloc(sizeof(*page));
	if (!page)
		abort();
	page->address = malloc(size);
	if (!page->address)
		abort();
	page->order = gfp & __GFP_COMP ? order : 0;
	page->count = 1;
	page->highmem = false;
	page->allocated = true;
	shim_memory.blocks++;
	shim_memory.bytes += size;
	return page;
}

void __free_pages(struct page *page, unsigned int order)
{
	check(page->count > 0, "page is freed twice");
	check(page->order == order, "page is of another order");
	if (--page->count)
		return;
	shim_memory.blocks--;
	shim_memory.bytes -= PAGE_SIZE << order;
	free(page->address);
	free(page);
}

/* A socket keeps some pages that it sends for a while. */
static struct page *held[8];
static unsigned int nheld;

void shim_hold_page(struct page *page)
{
	if (!page->allocated || nheld == ARRAY_SIZE(held))
		return;
	page->count++;
	held[nheld++] = page;
}

void shim_release_pages(void)
{
	while (nheld) {
		nheld--;
		__free_pages(held[nheld], held[nheld]->order);
	}
}

int sg_alloc_table(struct sg_table *t, unsigned int n, gfp_t gfp)
{
	memset(t, 0, sizeof(*t));
	t->sgl = kcalloc(n, sizeof(*t->sgl), gfp);
	if (!t->sgl)
		return -ENOMEM;
	t->nents = n;
	t->orig_nents = n;
	t->sgl[n - 1].last = true;
	return 0;
}

void sg_free_table(struct sg_table *t)
{
	kfree(t->sgl);
	t->sgl = NULL;
}

/* --- time, work, tasklets ------------------------------------------------------- */
/* Somebody who holds a device lock, say, lets go meanwhile. */
void msleep(unsigned int ms)
{
	shim_may_sleep("msleep");
	jiffies += msecs_to_jiffies(ms);
	target_sleep();
}

bool queue_delayed_work(struct workqueue_struct *to, struct delayed_work *d,
			unsigned long delay)
{
	struct work_struct *work = &d->work;

	if (!list_empty(&work->pending))
		return false;
	work->wq = to;
	work->due = jiffies + delay;
	list_add_tail(&work->pending, &works);
	return true;
}

bool mod_delayed_work(struct workqueue_struct *to, struct delayed_work *d,
		      unsigned long delay)
{
	bool was = !list_empty(&d->work.pending);

	if (was)
		list_del_init(&d->work.pending);
	queue_delayed_work(to, d, delay);
	return was;
}

bool queue_work(struct workqueue_struct *to, struct work_struct *work)
{
	/* The same object, but for the timer. */
	return queue_delayed_work(to, (struct delayed_work *)work, 0);
}

bool cancel_work_sync(struct work_struct *work)
{
	shim_may_sleep("cancel_work_sync");
	check(!work->running, "deadlock: waits for the work it runs in");
	if (list_empty(&work->pending))
		return false;
	list_del_init(&work->pending);
	return true;
}

bool cancel_delayed_work(struct delayed_work *d)
{
	if (list_empty(&d->work.pending))
		return false;
	list_del_init(&d->work.pending);
	return true;
}

static bool work_can_run(const struct work_struct *work)
{
	if (work->running || time_before(jiffies, work->due))
		return false;
	/* On another CPU it would wait for what the first one holds. */
	return !shim_racing || (work->wq == &wq && !run_blocks_work(work));
}

/* Run the @nth of the work items that can run. Return: false if none can. */
bool shim_run_work(unsigned int nth)
{
	struct work_struct *work;
	unsigned int n = 0;

	list_for_each_entry(work, &works, pending)
		n += work_can_run(work);
	if (!n)
		return false;
	nth %= n;
	list_for_each_entry(work, &works, pending)
		if (work_can_run(work) && !nth--)
			break;

	list_del_init(&work->pending);
	work->running = true;
	run_work(work);
	return true;
}

/*
 * The clock goes on to when the next work item is due, if that is @within so many
 * jiffies. Return: is there one?
 */
bool shim_next_work(unsigned long within)
{
	struct work_struct *work;
	unsigned long due = 0;
	bool found = false;

	list_for_each_entry(work, &works, pending) {
		if (!found || time_before(work->due, due))
			due = work->due;
		found = true;
	}
	if (!found || time_after(due, jiffies + within))
		return false;
	if (time_after(due, jiffies))
		jiffies = due;
	return true;
}

void shim_wait_for_work(void)
{
	check(!shim_racing, "the harness must not wait on another CPU");
	check(shim_next_work(SHIM_EVER), "would wait for ever");
	check(shim_run_work(0), "would wait for ever");
}

void wait_for_completion(struct completion *c)
{
	shim_may_sleep("wait_for_completion");
	while (!c->done)
		shim_wait_for_work();
}

void tasklet_setup(struct tasklet_struct *t,
		   void (*callback)(struct tasklet_struct *t))
{
	t->callback = callback;
	INIT_LIST_HEAD(&t->pending);
}

void tasklet_schedule(struct tasklet_struct *t)
{
	if (list_empty(&t->pending))
		list_add_tail(&t->pending, &tasklets);
}

void tasklet_kill(struct tasklet_struct *t)
{
	shim_may_sleep("tasklet_kill");
	check(tasklet_running != t, "deadlock: waits for itself");
	run_late_callback();
	shim_run_bh();
	check(list_empty(&t->pending), "a tasklet does not end");
}

/* What was raised, unless another CPU holds what it needs. */
void shim_run_bh(void)
{
	struct tasklet_struct *t;
	int locks = shim_now.locks;

	if (shim_now.softirq || shim_now.irqs_off || shim_now.bh_off ||
	    tasklet_running)
		return;
	while (!list_empty(&tasklets) && !run_blocks_bh()) {
		t = list_first_entry(&tasklets, struct tasklet_struct, pending);
		list_del_init(&t->pending);
		shim_now.softirq = true;
		tasklet_running = t;
		t->callback(t);
		tasklet_running = NULL;
		shim_now.softirq = false;
		check(shim_now.locks == locks && !shim_now.irqs_off &&
			      !shim_now.bh_off,
		      "a tasklet leaves something held");
	}
}

void shim_reset(void)
{
	check(list_empty(&works), "a work item is pending at the end");
	check(list_empty(&tasklets), "a tasklet is pending at the end");
	shim_check_idle();
	check(!shim_memory.blocks, "%ld blocks of memory leak",
	      shim_memory.blocks);
	shim_race_after = 0;
	shim_memory.fail_after = 0;
	/* Wraps after five minutes, as in Linux. */
	jiffies = (unsigned long)(u32)(-300 * HZ);
	usbipx_peer_timeout = 20;
}
