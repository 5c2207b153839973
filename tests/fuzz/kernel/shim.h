/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of the kernel as the drivers' data path uses, in user space, with its
 * rules asserted: who may sleep, which lock is held, who owns an URB.
 * May use libc and the exported USB headers. Every #include <linux/...> of the
 * drivers leads here (see Makefile); implemented by shim.c, run.c and the targets.
 *
 * There is one thread. Work items and tasklets are lists that the fuzzer runs;
 * another CPU is a call of race() at a place where no spinlock is held.
 */
#ifndef SHIM_H
#define SHIM_H

#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <asm-generic/errno.h>
#include <asm-generic/int-ll64.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef __u16 __le16;
typedef __u32 __le32;
typedef __u64 __le64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef unsigned int gfp_t;
typedef s64 time64_t;
typedef long shim_ssize_t;
#define __bitwise
#define __user
#define __iomem
#ifndef __packed
#define __packed __attribute__((packed))
#endif

#define ERESTARTSYS 512

/* --- the test's own: what was expected did not hold ------------------------ */
#define check(condition, ...)                                                   \
	do {                                                                    \
		if (!(condition))                                               \
			shim_fail(__FILE__, __LINE__, #condition, __VA_ARGS__); \
	} while (0)
void __attribute__((noreturn, format(printf, 4, 5)))
shim_fail(const char *file, int line, const char *condition, const char *format,
	  ...);

/* --- compiler, numbers ---------------------------------------------------- */
#define likely(x)		      __builtin_expect(!!(x), 1)
#define unlikely(x)		      __builtin_expect(!!(x), 0)
#define READ_ONCE(x)		      (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v)	      (*(volatile typeof(x) *)&(x) = (v))
#define smp_load_acquire(p)	      __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	      __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define smp_acquire__after_ctrl_dep() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_mb()		      __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_mb__after_atomic()	      smp_mb()
#define smp_mb__before_atomic()	      smp_mb()
#define smp_rmb()		      smp_mb()
#define smp_wmb()		      smp_mb()
#define static_assert _Static_assert
/* As the kernel's: 1 for an option that is defined as 1. */
#define CONFIG_DEBUG_FS		       1
#define IS_ENABLED(x)		       shim_is_one(x)
#define shim_is_one(x)		       shim_is_one2(SHIM_COMMA_##x)
#define SHIM_COMMA_1		       0,
#define shim_is_one2(x)		       shim_second(x 1, 0)
#define shim_second(a, b, ...)	       b
#define EXPORT_SYMBOL_GPL(x)	       extern int shim_exported
#define MODULE_PARM_DESC(a, b)	       extern int shim_exported
#define module_param_named(a, b, c, d) extern int shim_exported
#define module_param(a, b, c)	       extern int shim_exported
#define ARRAY_SIZE(a)		       (sizeof(a) / sizeof((a)[0]))
#define BIT(n)			       (1UL << (n))
#define DIV_ROUND_UP(n, d)	       (((n) + (d)-1) / (d))
#define rounddown(n, to)	       ((n) - (n) % (to))
#define round_up(n, to)		       ((((n)-1) | ((typeof(n))(to)-1)) + 1)
#define roundup(n, to)		       (DIV_ROUND_UP(n, to) * (to))
#define is_power_of_2(n)	       ((n) && !((n) & ((n)-1)))
#define ilog2(n)		       (63 - __builtin_clzl(n))
#define roundup_pow_of_two(n)                                                  \
	(1UL << ((n) < 2 ? 0 : ilog2((unsigned long)(n)-1) + 1))
#define struct_size(p, member, n) (sizeof(*(p)) + sizeof((p)->member[0]) * (n))
#define container_of(p, type, member)                                          \
	((type *)((char *)(p)-offsetof(type, member)))
#define min(a, b)                                                              \
	({                                                                     \
		__auto_type shim_a = (a);                                      \
		__auto_type shim_b = (b);                                      \
		shim_a < shim_b ? shim_a : shim_b;                             \
	})
#define max(a, b)                                                              \
	({                                                                     \
		__auto_type shim_a = (a);                                      \
		__auto_type shim_b = (b);                                      \
		shim_a > shim_b ? shim_a : shim_b;                             \
	})
#define min_t(type, a, b)	 min((type)(a), (type)(b))
#define max_t(type, a, b)	 max((type)(a), (type)(b))
#define clamp(v, low, high)	 min(max(v, low), high)
#define clamp_t(t, v, low, high) clamp((t)(v), (t)(low), (t)(high))
#define swap(a, b)                                                             \
	do {                                                                   \
		typeof(a) shim_s = (a);                                        \
		(a) = (b);                                                     \
		(b) = shim_s;                                                  \
	} while (0)
#define lower_32_bits(n) ((u32)(n))
#define upper_32_bits(n) ((u32)((u64)(n) >> 32))

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "for little endian machines only"
#endif
#define cpu_to_be32(x)	 ((__be32)__builtin_bswap32(x))
#define be32_to_cpu(x)	 __builtin_bswap32(x)
#define cpu_to_be16(x)	 ((__be16)__builtin_bswap16(x))
#define be16_to_cpu(x)	 __builtin_bswap16(x)
#define ntohs(x)	 be16_to_cpu(x)
#define cpu_to_le16(x)	 ((__le16)(x))
#define le16_to_cpu(x)	 ((u16)(x))
#define cpu_to_le32(x)	 ((__le32)(x))
#define le32_to_cpu(x)	 ((u32)(x))
#define __le16_to_cpu(x) le16_to_cpu(x)
#define __cpu_to_le16(x) cpu_to_le16(x)
#define __le32_to_cpu(x) le32_to_cpu(x)

#define MAX_ERRNO 4095
static inline void *ERR_PTR(long error)
{
	return (void *)error;
}
static inline long PTR_ERR(const void *p)
{
	return (long)p;
}
static inline bool IS_ERR(const void *p)
{
	return (unsigned long)p >= -(unsigned long)MAX_ERRNO;
}
static inline bool IS_ERR_OR_NULL(const void *p)
{
	return !p || IS_ERR(p);
}

int scnprintf(char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* --- lists ----------------------------------------------------------------- */
struct list_head {
	struct list_head *next, *prev;
};
struct hlist_node {
	struct hlist_node *next, **pprev;
};
struct hlist_head {
	struct hlist_node *first;
};

#define LIST_HEAD_INIT(l)                                                      \
	{                                                                      \
		&(l), &(l)                                                     \
	}
#define LIST_HEAD(l) struct list_head l = LIST_HEAD_INIT(l)
static inline void INIT_LIST_HEAD(struct list_head *l)
{
	l->next = l;
	l->prev = l;
}
static inline bool list_empty(const struct list_head *l)
{
	return l->next == l;
}
static inline void shim_list_insert(struct list_head *n, struct list_head *prev,
				    struct list_head *next)
{
	check(prev->next == next && next->prev == prev, "list is corrupt");
	n->prev = prev;
	n->next = next;
	prev->next = n;
	next->prev = n;
}
static inline void list_add(struct list_head *n, struct list_head *l)
{
	shim_list_insert(n, l, l->next);
}
static inline void list_add_tail(struct list_head *n, struct list_head *l)
{
	shim_list_insert(n, l->prev, l);
}
#define SHIM_LIST_POISON ((struct list_head *)0x100)
static inline void list_del(struct list_head *n)
{
	check(n->next != SHIM_LIST_POISON, "removed from a list twice");
	check(n->prev->next == n && n->next->prev == n, "list is corrupt");
	n->prev->next = n->next;
	n->next->prev = n->prev;
	n->next = SHIM_LIST_POISON;
	n->prev = SHIM_LIST_POISON;
}
static inline void list_del_init(struct list_head *n)
{
	list_del(n);
	INIT_LIST_HEAD(n);
}
static inline void list_move(struct list_head *n, struct list_head *l)
{
	list_del(n);
	list_add_tail(n, l->next);
}
static inline void list_move_tail(struct list_head *n, struct list_head *l)
{
	list_del(n);
	list_add_tail(n, l);
}
static inline void list_splice_init(struct list_head *from, struct list_head *to)
{
	if (list_empty(from))
		return;
	from->next->prev = to;
	from->prev->next = to->next;
	to->next->prev = from->prev;
	to->next = from->next;
	INIT_LIST_HEAD(from);
}
/* What is before @end goes from @from to @to. */
static inline void list_cut_before(struct list_head *to, struct list_head *from,
				   struct list_head *end)
{
	INIT_LIST_HEAD(to);
	while (from->next != end)
		list_move_tail(from->next, to);
}
#define list_entry(p, type, member)	  container_of(p, type, member)
#define list_first_entry(l, type, member) list_entry((l)->next, type, member)
#define list_last_entry(l, type, member)  list_entry((l)->prev, type, member)
#define list_first_entry_or_null(l, type, member)                              \
	(list_empty(l) ? NULL : list_first_entry(l, type, member))
#define list_next_entry(p, member)                                             \
	list_entry((p)->member.next, typeof(*(p)), member)
#define list_for_each_entry(p, l, member)                                      \
	for (p = list_entry((l)->next, typeof(*p), member); &p->member != (l); \
	     p = list_next_entry(p, member))
#define list_for_each_entry_safe(p, n, l, member)                              \
	for (p = list_entry((l)->next, typeof(*p), member),                    \
	    n = list_next_entry(p, member);                                    \
	     &p->member != (l); p = n, n = list_next_entry(n, member))

#define DECLARE_HASHTABLE(name, bits) struct hlist_head name[1 << (bits)]
#define hash_init(t)		      memset(t, 0, sizeof(t))
#define shim_bucket(t, key)	      (&(t)[(u32)(key)*0x61C88647U % ARRAY_SIZE(t)])
static inline void shim_hash_add(struct hlist_head *head, struct hlist_node *n)
{
	n->next = head->first;
	if (n->next)
		n->next->pprev = &n->next;
	head->first = n;
	n->pprev = &head->first;
}
static inline void hash_del(struct hlist_node *n)
{
	if (!n->pprev)
		return;
	*n->pprev = n->next;
	if (n->next)
		n->next->pprev = n->pprev;
	n->next = NULL;
	n->pprev = NULL;
}
#define hash_add(t, node, key) shim_hash_add(shim_bucket(t, key), node)
#define hash_hashed(node)      (!!(node)->pprev)
#define shim_hentry(p, type, member)                                           \
	({                                                                     \
		struct hlist_node *shim_n = (p);                               \
		shim_n ? container_of(shim_n, type, member) : NULL;            \
	})
#define hash_for_each_possible(t, p, member, key)                              \
	for (p = shim_hentry(shim_bucket(t, key)->first, typeof(*p), member);  \
	     p; p = shim_hentry(p->member.next, typeof(*p), member))
#define hash_for_each_safe(t, bucket, tmp, p, member)                           \
	for (bucket = 0, p = NULL; !p && bucket < (int)ARRAY_SIZE(t); bucket++) \
		for (p = shim_hentry((t)[bucket].first, typeof(*p), member);    \
		     p && ({                                                    \
			     tmp = p->member.next;                              \
			     1;                                                 \
		     });                                                        \
		     p = shim_hentry(tmp, typeof(*p), member))
#define hash_for_each(t, bucket, p, member)                                     \
	for (bucket = 0, p = NULL; !p && bucket < (int)ARRAY_SIZE(t); bucket++) \
		for (p = shim_hentry((t)[bucket].first, typeof(*p), member);    \
		     p; p = shim_hentry(p->member.next, typeof(*p), member))
static inline bool shim_hash_empty(const struct hlist_head *t, size_t n)
{
	while (n--)
		if (t[n].first)
			return false;
	return true;
}
#define hash_empty(t) shim_hash_empty(t, ARRAY_SIZE(t))

/* --- references ------------------------------------------------------------ */
struct kref {
	int count;
};
static inline void kref_init(struct kref *k)
{
	k->count = 1;
}
static inline void kref_get(struct kref *k)
{
	check(k->count > 0, "reference to what is gone");
	k->count++;
}
static inline unsigned int kref_read(const struct kref *k)
{
	return k->count;
}
static inline int kref_put(struct kref *k, void (*release)(struct kref *k))
{
	check(k->count > 0, "one reference too many is dropped");
	if (--k->count)
		return 0;
	release(k);
	return 1;
}

typedef struct {
	long counter;
} atomic_long_t;
typedef struct {
	int counter;
} atomic_t;
#define atomic_long_read(v)	     ((v)->counter)
#define atomic_long_set(v, n)	     ((v)->counter = (n))
#define atomic_long_add(n, v)	     ((void)((v)->counter += (n)))
#define atomic_long_sub(n, v)	     ((void)((v)->counter -= (n)))
#define atomic_long_add_return(n, v) ((v)->counter += (n))
#define atomic_long_sub_return(n, v) ((v)->counter -= (n))
#define atomic_long_inc(v)	     ((void)(v)->counter++)
#define atomic_long_dec(v)	     ((void)(v)->counter--)
#define ATOMIC_INIT(n)                                                         \
	{                                                                      \
		(n)                                                            \
	}
#define atomic_read(v)	       ((v)->counter)
#define atomic_set(v, n)       ((v)->counter = (n))
#define atomic_inc(v)	       ((void)(v)->counter++)
#define atomic_dec(v)	       ((void)(v)->counter--)
#define atomic_dec_and_test(v) (!--(v)->counter)
#define atomic_add(n, v)       ((void)((v)->counter += (n)))
#define atomic_sub(n, v)       ((void)((v)->counter -= (n)))

/* --- contexts and locks ---------------------------------------------------- */
/**
 * struct shim_context - of the one thread, or the CPU that race() plays
 * @locks: spinlocks held
 * @irqs_off: interrupts are disabled
 * @bh_off: depth of disabled bottom halves
 * @noio: memalloc_noio_save() is in force
 * @noreclaim: memalloc_noreclaim_save(), same
 * @softirq: running bottom halves now
 */
struct shim_context {
	int locks;
	bool irqs_off;
	int bh_off;
	unsigned int noio;
	unsigned int noreclaim;
	bool softirq;
};
extern struct shim_context shim_now;

/* Runs what another CPU does meanwhile, when the fuzzer wants it. */
extern int shim_race_after;
void shim_race(void);
static inline void shim_may_race(void)
{
	if (unlikely(shim_race_after) && !shim_now.locks && !--shim_race_after)
		shim_race();
}
void shim_may_sleep(const char *what);
#define cond_resched() shim_may_sleep("cond_resched")
void shim_run_bh(void);

typedef struct {
	bool held;
} spinlock_t;
typedef spinlock_t rwlock_t;
#define DEFINE_SPINLOCK(l) spinlock_t l = {}
static inline void spin_lock_init(spinlock_t *l)
{
	l->held = false;
}
static inline void spin_lock(spinlock_t *l)
{
	check(!l->held, "deadlock: spinlock is held");
	l->held = true;
	shim_now.locks++;
}
static inline void spin_unlock(spinlock_t *l)
{
	check(l->held, "spinlock is not held");
	l->held = false;
	shim_now.locks--;
}
static inline bool irqs_disabled(void)
{
	return shim_now.irqs_off;
}
static inline void shim_irq_disable(void)
{
	check(!shim_now.irqs_off, "_irq function with interrupts disabled");
	shim_now.irqs_off = true;
}
static inline void shim_irq_enable(void)
{
	check(shim_now.irqs_off, "interrupts are enabled already");
	shim_now.irqs_off = false;
}
#define local_irq_save(flags)                                                  \
	do {                                                                   \
		(flags) = shim_now.irqs_off;                                   \
		shim_now.irqs_off = true;                                      \
	} while (0)
#define local_irq_restore(flags) (shim_now.irqs_off = (flags))
#define spin_lock_irqsave(l, flags)                                            \
	do {                                                                   \
		local_irq_save(flags);                                         \
		spin_lock(l);                                                  \
	} while (0)
#define spin_unlock_irqrestore(l, flags)                                       \
	do {                                                                   \
		spin_unlock(l);                                                \
		local_irq_restore(flags);                                      \
		shim_may_race();                                               \
	} while (0)
static inline void spin_lock_irq(spinlock_t *l)
{
	shim_irq_disable();
	spin_lock(l);
}
static inline void spin_unlock_irq(spinlock_t *l)
{
	spin_unlock(l);
	shim_irq_enable();
	shim_may_race();
}
static inline void local_bh_disable(void)
{
	shim_now.bh_off++;
}
static inline void local_bh_enable(void)
{
	check(shim_now.bh_off > 0, "bottom halves are enabled already");
	check(!shim_now.irqs_off, "local_bh_enable() with interrupts disabled");
	if (!--shim_now.bh_off)
		shim_run_bh();
}
#define read_lock_bh(l)                                                        \
	do {                                                                   \
		(void)(l);                                                     \
		local_bh_disable();                                            \
	} while (0)
#define read_unlock_bh(l)                                                      \
	do {                                                                   \
		(void)(l);                                                     \
		local_bh_enable();                                             \
	} while (0)
static inline void write_lock_bh(rwlock_t *l)
{
	local_bh_disable();
	spin_lock(l);
}
static inline void write_unlock_bh(rwlock_t *l)
{
	spin_unlock(l);
	local_bh_enable();
}
#define lockdep_assert_held(l) check((l)->held, "called without its lock")

struct mutex {
	bool held;
};
static inline void mutex_init(struct mutex *m)
{
	m->held = false;
}
static inline void mutex_lock(struct mutex *m)
{
	shim_may_sleep("mutex_lock");
	check(!m->held, "deadlock: mutex is held");
	m->held = true;
}
static inline void mutex_unlock(struct mutex *m)
{
	check(m->held, "mutex is not held");
	m->held = false;
	shim_may_race();
}
static inline void mutex_destroy(struct mutex *m)
{
	check(!m->held, "mutex is held");
}
struct rcu_head {
	void *next;
};
#define rcu_read_lock()	  ((void)0)
#define rcu_read_unlock() ((void)0)

/* --- time, work, tasklets, waiting ------------------------------------------- */
#define HZ 250
extern unsigned long jiffies;
#define time_after(a, b)	     ((long)((b) - (a)) < 0)
#define time_before(a, b)	     time_after(b, a)
#define time_after_eq(a, b)	     ((long)((a) - (b)) >= 0)
#define time_before_eq(a, b)	     time_after_eq(b, a)
#define ktime_get_boottime_seconds() ((time64_t)(jiffies / HZ))
#define msecs_to_jiffies(ms)	     ((unsigned long)(ms)*HZ / 1000)
#define usecs_to_jiffies(us)	     ((unsigned long)(us)*HZ / 1000000)
void msleep(unsigned int ms);

struct work_struct;
typedef void (*work_func_t)(struct work_struct *work);
struct workqueue_struct {
	const char *name;
};
struct work_struct {
	work_func_t func;
	struct list_head pending;
	struct workqueue_struct *wq;
	unsigned long due;
	bool running;
};
struct delayed_work {
	struct work_struct work;
};
#define INIT_WORK(w, f)                                                        \
	do {                                                                   \
		(w)->func = (f);                                               \
		(w)->running = false;                                          \
		INIT_LIST_HEAD(&(w)->pending);                                 \
	} while (0)
#define INIT_DELAYED_WORK(d, f) INIT_WORK(&(d)->work, f)
static inline struct delayed_work *to_delayed_work(struct work_struct *work)
{
	return container_of(work, struct delayed_work, work);
}
bool queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *d,
			unsigned long delay);
bool mod_delayed_work(struct workqueue_struct *wq, struct delayed_work *d,
		      unsigned long delay);
bool queue_work(struct workqueue_struct *wq, struct work_struct *work);
bool cancel_work_sync(struct work_struct *work);
static inline bool cancel_delayed_work_sync(struct delayed_work *d)
{
	return cancel_work_sync(&d->work);
}
bool cancel_delayed_work(struct delayed_work *d);
#define delayed_work_pending(d) (!list_empty(&(d)->work.pending))

struct tasklet_struct {
	void (*callback)(struct tasklet_struct *t);
	struct list_head pending;
};
void tasklet_setup(struct tasklet_struct *t,
		   void (*callback)(struct tasklet_struct *t));
void tasklet_schedule(struct tasklet_struct *t);
void tasklet_kill(struct tasklet_struct *t);

typedef struct {
	int unused;
} wait_queue_head_t;
#define init_waitqueue_head(q) ((q)->unused = 0)
#define wake_up(q)	       ((void)(q))
#define wait_event(q, condition)                                               \
	do {                                                                   \
		shim_may_sleep("wait_event");                                  \
		check(condition, "would wait for ever");                       \
	} while (0)
void shim_wait_for_work(void);
#define wait_var_event(var, condition)                                         \
	do {                                                                   \
		shim_may_sleep("wait_var_event");                              \
		while (!(condition))                                           \
			shim_wait_for_work();                                  \
	} while (0)
#define wake_up_var(var) ((void)(var))
struct completion {
	bool done;
};
#define init_completion(c) ((c)->done = false)
#define complete_all(c)	   ((c)->done = true)
void wait_for_completion(struct completion *c);

/* --- memory ---------------------------------------------------------------- */
#define __GFP_HIGH	     0x20U
#define __GFP_IO	     0x40U
#define __GFP_FS	     0x80U
#define __GFP_DIRECT_RECLAIM 0x400U
#define __GFP_NOWARN	     0x2000U
#define __GFP_NORETRY	     0x10000U
#define __GFP_MEMALLOC	     0x20000U
#define __GFP_COMP	     0x40000U
#define __GFP_ZERO	     0x100U
#define GFP_ATOMIC	     __GFP_HIGH
#define GFP_NOWAIT	     0U
#define GFP_NOIO	     __GFP_DIRECT_RECLAIM
#define GFP_KERNEL	     (__GFP_DIRECT_RECLAIM | __GFP_IO | __GFP_FS)
static inline bool gfpflags_allow_blocking(gfp_t gfp)
{
	return gfp & __GFP_DIRECT_RECLAIM;
}
void *kmalloc(size_t size, gfp_t gfp);
static inline void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}
static inline void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kzalloc(n * size, gfp);
}
#define kmalloc_array(n, size, gfp) kmalloc((n) * (size), gfp)
void kfree(const void *p);
struct kmem_cache {
	size_t size;
};
struct kmem_cache *shim_cache_create(size_t size);
void shim_cache_destroy(struct kmem_cache *cache);
#define KMEM_CACHE(type, flags)	      shim_cache_create(sizeof(struct type))
#define kmem_cache_alloc(c, gfp)      kmalloc((c)->size, gfp)
#define kmem_cache_free(c, p)	      kfree(p)
#define kmem_cache_destroy(c)	      shim_cache_destroy(c)
#define memalloc_noio_save()	      (shim_now.noio++)
#define memalloc_noio_restore(n)      (shim_now.noio = (n))
#define memalloc_noreclaim_save()     (shim_now.noreclaim++)
#define memalloc_noreclaim_restore(n) (shim_now.noreclaim = (n))

#define PAGE_SHIFT	  12
#define PAGE_SIZE	  (1UL << PAGE_SHIFT)
#define PAGE_MASK	  (~(PAGE_SIZE - 1))
#define PAGE_ALIGN(n)	  (((n) + PAGE_SIZE - 1) & PAGE_MASK)
#define offset_in_page(p) ((unsigned long)(p) & ~PAGE_MASK)

/*
 * A page of the page allocator, or one of an URB's scatter list. Memory that
 * has only an address is a "page" whose lowest bit is set.
 */
struct page {
	struct list_head lru;
	void *address;
	unsigned int order;
	int count;
	bool highmem;
	bool allocated;
};
static inline struct page *virt_to_page(const void *p)
{
	return (struct page *)(((unsigned long)p & PAGE_MASK) | 1);
}
#define vmalloc_to_page(p) virt_to_page(p)
bool is_vmalloc_addr(const void *p);
static inline bool shim_is_virtual(const struct page *page)
{
	return (unsigned long)page & 1;
}
static inline void *shim_page_address(const struct page *page)
{
	if (shim_is_virtual(page))
		return (void *)((unsigned long)page & PAGE_MASK);
	return page->address;
}
#define PageHighMem(page) (!shim_is_virtual(page) && (page)->highmem)
static inline void *page_address(const struct page *page)
{
	check(!PageHighMem(page), "high memory has no address");
	return shim_page_address(page);
}
#define page_count(page)     ((page)->count)
#define compound_order(page) ((page)->order)
#define page_to_pfn(page)    ((unsigned long)(page))
#define pfn_to_page(pfn)     ((struct page *)((pfn) & ~15UL))
#define sendpage_ok(page)    (!shim_is_virtual(page))
static inline int get_order(unsigned long size)
{
	int order = 0;

	while (PAGE_SIZE << order < size)
		order++;
	return order;
}
struct page *alloc_pages(gfp_t gfp, unsigned int order);
void __free_pages(struct page *page, unsigned int order);

struct scatterlist {
	struct page *page;
	unsigned int offset;
	unsigned int length;
	bool last;
};
struct sg_table {
	struct scatterlist *sgl;
	unsigned int nents;
	unsigned int orig_nents;
};
#define sg_page(sg) ((sg)->page)
static inline bool sg_is_last(struct scatterlist *sg)
{
	return sg->last;
}

static inline void *sg_virt(struct scatterlist *sg)
{
	return (u8 *)page_address(sg->page) + sg->offset;
}

static inline struct scatterlist *sg_next(struct scatterlist *sg)
{
	return sg->last ? NULL : sg + 1;
}
static inline void sg_set_page(struct scatterlist *sg, struct page *page,
			       unsigned int length, unsigned int offset)
{
	sg->page = page;
	sg->length = length;
	sg->offset = offset;
}
#define for_each_sg(list, sg, n, i)                                            \
	for ((i) = 0, sg = (list); (i) < (n); (i)++, sg = sg_next(sg))
int sg_alloc_table(struct sg_table *t, unsigned int n, gfp_t gfp);
void sg_free_table(struct sg_table *t);

#include "sock.h"

/* --- devices ----------------------------------------------------------------- */
struct device_driver {
	const char *name;
};
struct kobject {
	bool state_in_sysfs;
};
struct device {
	struct kobject kobj;
	void *driver_data;
	struct device_driver *driver;
};
struct attribute_group {
	const char *name;
};
#define sysfs_create_group(kobj, group) ((void)(kobj), (void)(group), 0)
#define sysfs_remove_group(kobj, group) ((void)(kobj), (void)(group))
struct attribute {
	const char *name;
};
struct device_attribute {
	struct attribute attr;
};
typedef struct {
	int event;
} pm_message_t;
struct platform_device {
	struct device dev;
};
struct platform_driver;
#define dev_set_drvdata(d, p)	((d)->driver_data = (p))
#define dev_get_drvdata(d)	((d)->driver_data)
#define dev_name(d)		((void)(d), "1-1")
#define device_is_registered(d) ((d)->kobj.state_in_sysfs)
#define data_race(expression)	(expression)
void shim_print(const struct device *dev, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
#define dev_err(d, ...)		     shim_print(d, __VA_ARGS__)
#define dev_warn(d, ...)	     shim_print(d, __VA_ARGS__)
#define dev_info(d, ...)	     shim_print(d, __VA_ARGS__)
#define dev_dbg(d, ...)		     shim_print(d, __VA_ARGS__)
#define dev_err_ratelimited(d, ...)  shim_print(d, __VA_ARGS__)
#define dev_warn_ratelimited(d, ...) shim_print(d, __VA_ARGS__)
#define dev_info_ratelimited(d, ...) shim_print(d, __VA_ARGS__)
#define pr_err(...)		     shim_print(NULL, __VA_ARGS__)
#define pr_warn(...)		     shim_print(NULL, __VA_ARGS__)
#define pr_notice(...)		     shim_print(NULL, __VA_ARGS__)
#define pr_info(...)		     shim_print(NULL, __VA_ARGS__)
/* For what sets callbacks on top of a driver's, which nobody does here. */
#define THIS_MODULE		     NULL
#define __module_get(module)	     check(false, "the module stays")
#define WARN_ON(c)                                                             \
	({                                                                     \
		check(!(c), "WARN_ON");                                        \
		false;                                                         \
	})
#define WARN_ON_ONCE(c) WARN_ON(c)

/* --- tracepoints ------------------------------------------------------------- */
#define TP_PROTO(...) __VA_ARGS__
#define TP_ARGS(...)
#define DECLARE_EVENT_CLASS(name, ...) extern int shim_exported
#define DEFINE_EVENT(class, name, proto, args)                                 \
	static inline void trace_##name(proto)                                 \
	{                                                                      \
	}                                                                      \
	extern int shim_exported

#include "usb.h"

#endif
