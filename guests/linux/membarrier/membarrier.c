// SPDX-License-Identifier: Apache-2.0
// Makes Linux send IPIs to all CPUs from a user's program: membarrier(PRIVATE_EXPEDITED) interrupts every CPU that runs a thread of the
// caller. One thread is pinned on each CPU and spins; CPU 0 calls. No library; needs root for the marker port.
//
//   membarrier ITERATIONS
//   membarrier: row scenario=NAME targets=N operations=N delivery_ns=0 total_ns=N called=N
//
// dry-run is a membarrier call that interrupts nobody; subset leaves the last CPU without a thread, so that the kernel cannot take the
// shorthand "all but self". called is by how much CAL in /proc/interrupts went up. Marks on port 0x5F0 as ipi_bench has them.
#include "system.h"

enum { MOST_CPUS = 1024, STACK_BYTES = 4096, FILE_BYTES = 1 << 22, MARKER_PORT = 0x5F0, MARK_BEGIN = 1, MARK_END = 2 };
enum { MEMBARRIER_QUERY = 0, MEMBARRIER_PRIVATE_EXPEDITED = 1 << 3, MEMBARRIER_REGISTER_PRIVATE_EXPEDITED = 1 << 4 };

struct row {
    u32 number; // on the marker port
    const char *scenario;
    long command;
    int without_thread;
};

static const struct row rows[] = {
    {0, "dry-run", MEMBARRIER_QUERY, 0},
    {4, "broadcast", MEMBARRIER_PRIVATE_EXPEDITED, 0},
    {6, "subset", MEMBARRIER_PRIVATE_EXPEDITED, 1},
};

static char stacks[MOST_CPUS][STACK_BYTES] __attribute__((aligned(16)));
static char file[FILE_BYTES];
static int cpus;
static int running; // threads that spin on their CPU
static int wanted;  // threads with a number from here on end

static void pin(int cpu) {
    u64 mask[MOST_CPUS / 64] = {0};

    mask[cpu / 64] = 1ull << cpu % 64;
    if (system_call(SYS_SCHED_SETAFFINITY, 0, sizeof mask, (long)mask, 0, 0) < 0) {
        fail("cannot pin a thread on its CPU");
    }
}

// The thread of a CPU, on a stack of its own; ends the thread.
void thread_main(long cpu) {
    pin((int)cpu);
    __atomic_add_fetch(&running, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&wanted, __ATOMIC_RELAXED) > cpu) {
        __builtin_ia32_pause();
    }
    __atomic_sub_fetch(&running, 1, __ATOMIC_SEQ_CST);
    system_call(SYS_EXIT, 0, 0, 0, 0, 0);
}

static void wait_until_running(int threads) {
    while (__atomic_load_n(&running, __ATOMIC_SEQ_CST) != threads) {
        system_call(SYS_SCHED_YIELD, 0, 0, 0, 0, 0);
    }
}

// The sum over all CPUs of a line of /proc/interrupts.
static u64 interrupts(const char *label) {
    long bytes = read_file("/proc/interrupts", file, sizeof file);
    u64 sum = 0;
    const char *at = find(file, bytes, label);

    if (!at) {
        fail("/proc/interrupts has no line CAL");
    }
    // Columns of numbers, then words that say what they are.
    while (*at == ' ' || (*at >= '0' && *at <= '9')) {
        u64 value = 0;
        for (; *at == ' '; at++) {
        }
        for (; *at >= '0' && *at <= '9'; at++) {
            value = value * 10 + (u64)(*at - '0');
        }
        sum += value;
    }
    return sum;
}

static void mark(u32 event, const struct row *row) {
    u32 word = event << 24 | row->number << 16;
    __asm__ volatile("outl %0, %w1" : : "a"(word), "Nd"(MARKER_PORT) : "memory");
}

static void run(const struct row *row, u64 iterations) {
    int threads = cpus - row->without_thread;
    u64 called, begin_ns, end_ns;

    if (row->command != MEMBARRIER_QUERY && threads < 2) {
        print("membarrier: skip scenario=");
        print(row->scenario);
        print(" reason=no other CPU\n");
        return;
    }
    __atomic_store_n(&wanted, threads, __ATOMIC_SEQ_CST);
    wait_until_running(threads - 1);
    // The first call wakes what slept longest, on cold paths.
    system_call(SYS_MEMBARRIER, row->command, 0, 0, 0, 0);
    called = interrupts("CAL:");
    mark(MARK_BEGIN, row);
    begin_ns = monotonic_ns();
    for (u64 i = 0; i < iterations; i++) {
        system_call(SYS_MEMBARRIER, row->command, 0, 0, 0, 0);
    }
    end_ns = monotonic_ns();
    mark(MARK_END, row);
    print("membarrier: row scenario=");
    print(row->scenario);
    print_number(" targets=", row->command == MEMBARRIER_QUERY ? 0 : (u64)threads - 1);
    print_number(" operations=", iterations);
    print_number(" delivery_ns=", 0);
    print_number(" total_ns=", end_ns - begin_ns);
    print_number(" called=", interrupts("CAL:") - called);
    print("\n");
}

// Online CPUs are taken to be 0 to n - 1, as in a machine that just booted.
static int online_cpus(void) {
    u64 mask[MOST_CPUS / 64] = {0};
    long bytes = system_call(SYS_SCHED_GETAFFINITY, 0, sizeof mask, (long)mask, 0, 0);
    int count = 0;

    if (bytes < 0) {
        fail("cannot read which CPUs there are");
    }
    for (unsigned i = 0; i < MOST_CPUS / 64; i++) {
        for (u64 word = mask[i]; word; word &= word - 1) {
            count++;
        }
    }
    return count;
}

void program(int words, char **word) {
    u64 iterations = words == 2 ? number(word[1]) : 0;

    if (!iterations) {
        fail("usage: membarrier ITERATIONS");
    }
    if (system_call(SYS_IOPERM, MARKER_PORT, 4, 1, 0, 0) < 0) {
        fail("no right to use ports (root has it)");
    }
    if (system_call(SYS_MEMBARRIER, MEMBARRIER_REGISTER_PRIVATE_EXPEDITED, 0, 0, 0, 0) < 0) {
        fail("the kernel has no membarrier PRIVATE_EXPEDITED");
    }
    cpus = online_cpus();
    wanted = cpus;
    pin(0);
    for (long cpu = 1; cpu < cpus; cpu++) {
        if (start_thread(stacks[cpu] + STACK_BYTES, cpu) < 0) {
            fail("cannot start a thread");
        }
    }
    print_number("membarrier: begin cpus=", (u64)cpus);
    print(" sender=0\n");
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        run(&rows[i], iterations);
    }
    print("membarrier: end\n");
    system_call(SYS_EXIT_GROUP, 0, 0, 0, 0, 0);
}
