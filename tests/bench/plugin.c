// SPDX-License-Identifier: GPL-2.0-only
/*
 * A QEMU plugin: counts the guest's instructions between two marks, by address.
 * Uses API version 1, whose header no distribution ships: what is needed of it is declared here.
 * Called by QEMU; built and started by bench. One virtual CPU only.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

#define EXPORT __attribute__((visibility("default")))

EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc,
			       char **argv);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
					   void (*cb)(plugin_id,
						      struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn,
						int op, void *to, uint64_t value);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int, void *),
					    int flags, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
						 size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

#define INLINE_ADD 0
#define NO_REGS	   0

/* A mark: an 8-byte nop whose last four bytes are one of these, see work.c. */
static const unsigned char begin_mark[8] = "\x0f\x1f\x84\x00"
					   "BGN1";
static const unsigned char end_mark[8] = "\x0f\x1f\x84\x00"
					 "END1";

/*
 * Instructions executed in blocks that start at an address, a hash table. User space has
 * one entry: its addresses are other ones in every process.
 */
#define USER_SPACE 1
#define SLOTS	   (1u << 20)
static struct {
	uint64_t address;
	uint64_t count;
	uint64_t at_begin;
} slots[SLOTS];
static FILE *out;

static uint64_t *counter(uint64_t address)
{
	uint32_t tries, i;

	if (!(address >> 63))
		address = USER_SPACE;
	i = address * 0x9e3779b97f4a7c15u >> 44;
	for (tries = 0; tries < SLOTS; tries++, i = (i + 1) % SLOTS) {
		if (!slots[i].address)
			slots[i].address = address;
		if (slots[i].address == address)
			return &slots[i].count;
	}
	fputs("plugin: more blocks of code than slots\n", stderr);
	exit(1);
}

static void begin(unsigned int cpu, void *data)
{
	uint32_t i;

	(void)cpu;
	(void)data;
	for (i = 0; i < SLOTS; i++)
		slots[i].at_begin = slots[i].count;
}

/* One line for every address that was reached since the mark, then "end". */
static void end(unsigned int cpu, void *data)
{
	uint32_t i;

	(void)cpu;
	(void)data;
	for (i = 0; i < SLOTS; i++)
		if (slots[i].count != slots[i].at_begin)
			fprintf(out, "%lx %lu\n", slots[i].address,
				slots[i].count - slots[i].at_begin);
	fputs("end\n", out);
	fflush(out);
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	uint64_t *count = counter(qemu_plugin_tb_vaddr(tb));
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const void *bytes = qemu_plugin_insn_data(insn);

		/* Not once for the block: it may be left in its midst. */
		qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD,
							   count, 1);
		if (qemu_plugin_insn_size(insn) != sizeof(begin_mark))
			continue;
		if (!memcmp(bytes, begin_mark, sizeof(begin_mark)))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, begin,
							       NO_REGS, NULL);
		else if (!memcmp(bytes, end_mark, sizeof(end_mark)))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, end,
							       NO_REGS, NULL);
	}
}

/* out=FILE */
int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return -1;
	out = fopen(argv[0] + 4, "w");
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
