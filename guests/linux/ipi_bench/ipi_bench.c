// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures what it costs to interrupt other CPUs, by the kernel's own cross calls. All work is done while the module loads.
 *
 * One CPU sends, one operation after the other; an operation ends when the called function has returned on every target. Each row is one
 * line of the log:
 *
 *   ipi_bench: row scenario=NAME targets=N operations=N delivery_ns=N total_ns=N called=N
 *
 * called is by how many the kernel's own count of function call interrupts went up (CAL in /proc/interrupts, all CPUs). total_ns is the
 * whole loop. delivery_ns sums the way there (from just before the call to the function's first statement); it is zero where the function
 * does not look at the clock. Just before and after a loop the module writes to port 0x5F0, where Synapic's machine hears it: event << 24 |
 * row << 16, event 1 begin, 2 end. Elsewhere nothing answers there.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/hardirq.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#define MARKER_PORT 0x5F0
#define MARK_BEGIN 1
#define MARK_END 2

static unsigned int iterations = 1000;
module_param(iterations, uint, 0444);
MODULE_PARM_DESC(iterations, "operations per row");

static unsigned int sender;
module_param(sender, uint, 0444);
MODULE_PARM_DESC(sender, "CPU that sends");

static unsigned int rows = ~0u;
module_param(rows, uint, 0444);
MODULE_PARM_DESC(rows, "rows to run, bit n for row n: 0 dry-run, 1 self, 3 normal, 4 broadcast, 5 broadcast-lock, 6 subset");

/* What a row needs, set up before its loop. */
struct bench {
	struct cpumask targets;
	unsigned int self;
	unsigned int other;
	u64 called_ns;
	u64 delivery_ns;
	spinlock_t lock;
};

struct row {
	unsigned int number;
	const char *scenario;
	unsigned int others_left_out;
	void (*operation)(struct bench *bench);
};

static struct bench bench;

static void look_at_clock(void *arg)
{
	struct bench *b = arg;

	b->delivery_ns += ktime_get_ns() - b->called_ns;
}

static void do_nothing(void *arg)
{
}

static void take_lock(void *arg)
{
	struct bench *b = arg;

	spin_lock(&b->lock);
	spin_unlock(&b->lock);
}

static void call_one(struct bench *b, unsigned int cpu)
{
	b->called_ns = ktime_get_ns();
	smp_call_function_single(cpu, look_at_clock, b, 1);
}

static void dry_run(struct bench *b)
{
	b->called_ns = ktime_get_ns();
}

/* The kernel calls the function in place: a second baseline, no interrupt. */
static void self(struct bench *b)
{
	call_one(b, b->self);
}

static void normal(struct bench *b)
{
	call_one(b, b->other);
}

static void broadcast(struct bench *b)
{
	smp_call_function_many(&b->targets, do_nothing, NULL, 1);
}

static void broadcast_lock(struct bench *b)
{
	smp_call_function_many(&b->targets, take_lock, b, 1);
}

/* Numbers are those of the marker port; 2 is a row that only Synapic's own guest has. */
static const struct row all_rows[] = {
	{ 0, "dry-run", 0, dry_run },
	{ 1, "self", 0, self },
	{ 3, "normal", 0, normal },
	{ 4, "broadcast", 0, broadcast },
	{ 5, "broadcast-lock", 0, broadcast_lock },
	/* One CPU left out: not everybody, so the kernel cannot take the shorthand "all but self". */
	{ 6, "subset", 1, broadcast },
};

static void choose_targets(struct bench *b, unsigned int left_out)
{
	unsigned int cpu;

	cpumask_copy(&b->targets, cpu_online_mask);
	cpumask_clear_cpu(b->self, &b->targets);
	b->other = cpumask_first(&b->targets);
	for (; left_out; left_out--) {
		cpu = cpumask_last(&b->targets);
		if (cpu < nr_cpu_ids)
			cpumask_clear_cpu(cpu, &b->targets);
	}
}

static unsigned int count_targets(const struct bench *b, const struct row *row)
{
	if (row->operation == dry_run)
		return 0;
	if (row->operation == self || row->operation == normal)
		return 1;
	return cpumask_weight(&b->targets);
}

/* Function call interrupts that all CPUs have taken. */
static u64 called(void)
{
	unsigned int cpu;
	u64 sum = 0;

	for_each_online_cpu(cpu)
		sum += READ_ONCE(per_cpu(irq_stat, cpu).irq_call_count);
	return sum;
}

static void mark(unsigned int event, const struct row *row)
{
	outl(event << 24 | row->number << 16, MARKER_PORT);
}

static void run(struct bench *b, const struct row *row)
{
	unsigned int targets, i;
	u64 begin_ns, end_ns, called_before;

	choose_targets(b, row->others_left_out);
	targets = count_targets(b, row);
	if (row->operation != dry_run && !(targets && (row->operation == self || b->other < nr_cpu_ids))) {
		pr_info("skip scenario=%s reason=no other CPU\n", row->scenario);
		return;
	}
	/* The first call wakes what slept longest, on cold paths. */
	get_cpu();
	row->operation(b);
	put_cpu();
	b->delivery_ns = 0;
	called_before = called();
	mark(MARK_BEGIN, row);
	begin_ns = ktime_get_ns();
	for (i = 0; i < iterations; i++) {
		get_cpu();
		row->operation(b);
		put_cpu();
	}
	end_ns = ktime_get_ns();
	mark(MARK_END, row);
	pr_info("row scenario=%s targets=%u operations=%u delivery_ns=%llu total_ns=%llu called=%llu\n", row->scenario, targets,
		iterations, b->delivery_ns, end_ns - begin_ns, called() - called_before);
}

static int __init ipi_bench_init(void)
{
	int i, error;

	if (!iterations || sender >= nr_cpu_ids || !cpu_online(sender)) {
		pr_err("fail reason=iterations is zero, or the sender is not online\n");
		return -EINVAL;
	}
	error = set_cpus_allowed_ptr(current, cpumask_of(sender));
	if (error) {
		pr_err("fail reason=cannot run on CPU %u: %d\n", sender, error);
		return error;
	}
	cpus_read_lock();
	bench.self = sender;
	spin_lock_init(&bench.lock);
	pr_info("begin cpus=%u sender=%u\n", num_online_cpus(), sender);
	for (i = 0; i < ARRAY_SIZE(all_rows); i++) {
		if (rows & BIT(all_rows[i].number))
			run(&bench, &all_rows[i]);
		cond_resched();
	}
	pr_info("end\n");
	cpus_read_unlock();
	return 0;
}
module_init(ipi_bench_init);

static void __exit ipi_bench_exit(void)
{
}
module_exit(ipi_bench_exit);

MODULE_DESCRIPTION("Costs of interrupting other CPUs, for Synapic");
MODULE_LICENSE("GPL");
