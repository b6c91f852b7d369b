// SPDX-License-Identifier: Apache-2.0
// The IPI benchmark: six scenarios, one sender, every operation waits until all its targets have answered.
// Column "delivery" is one-way (before the send -> in the handler), column "total" is the whole loop.

#include "apic.h"
#include "interrupt.h"
#include "send.h"
#include "x86.h"

#ifndef SENDS_PER_OPERATION
#define SENDS_PER_OPERATION 1 // 2 builds the control image: everything it reports must be double
#endif

#define VECTOR_TIMED 0x40
#define VECTOR_PLAIN 0x41
#define VECTOR_LOCKED 0x42

enum set_kind { SET_NONE, SET_CALL, SET_SELF, SET_ONE, SET_ALL };

struct scenario {
    const char *name;
    enum set_kind set;
    u8 vector;
};

// The position is the scenario's number on the marker port.
static const struct scenario scenarios[] = {
    {"dry-run", SET_NONE, 0},
    {"self", SET_CALL, 0},
    {"self-ipi", SET_SELF, VECTOR_TIMED},
    {"normal", SET_ONE, VECTOR_TIMED},
    {"broadcast", SET_ALL, VECTOR_PLAIN},
    {"broadcast-lock", SET_ALL, VECTOR_LOCKED},
};

static const char *const apic_names[] = {"xapic", "x2apic-phys", "x2apic-cluster"};
static const char *const mode_names[] = {"vanilla", "shorthand", "pv-ipi", "hv-ipi"};

static enum apic_choice apic_choice;
static enum send_mode send_mode;
static u32 iterations = 100000;
static u32 wanted_scenarios = (1u << ARRAY_SIZE(scenarios)) - 1;

// ---- what sender and handlers share: a line for each flag, so that a waiting sender disturbs one target only

struct ALIGNED(CACHE_LINE) flag {
    volatile u32 pending;
};

struct ALIGNED(CACHE_LINE) count {
    u32 handled;
};

static struct flag flags[MAX_CPUS];
static struct count counts[MAX_CPUS];
static volatile u64 sent_at ALIGNED(CACHE_LINE);
static volatile u64 delivery_ticks ALIGNED(CACHE_LINE);
static u32 shared_lock ALIGNED(CACHE_LINE);

// ---- handlers

static inline void answer(u32 cpu)
{
    counts[cpu].handled++;
    __atomic_store_n(&flags[cpu].pending, 0, __ATOMIC_RELEASE);
}

// No lock: in the timed scenarios one CPU at a time comes here.
static inline void answer_timed(void)
{
    delivery_ticks += rdtsc() - sent_at;
    answer(this_cpu());
}

INTERRUPT_HANDLER void on_timed(void)
{
    apic_eoi();
    answer_timed();
}

INTERRUPT_HANDLER void on_plain(void)
{
    apic_eoi();
    answer(this_cpu());
}

INTERRUPT_HANDLER void on_locked(void)
{
    apic_eoi();
    u32 expected = 0;
    while (!__atomic_compare_exchange_n(&shared_lock, &expected, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        expected = 0;
        pause();
    }
    __atomic_store_n(&shared_lock, 0, __ATOMIC_RELEASE);
    answer(this_cpu());
}

INTERRUPT_STUB(timed_stub, on_timed)
INTERRUPT_STUB(plain_stub, on_plain)
INTERRUPT_STUB(locked_stub, on_locked)

// ---- one operation

static inline void dry_operation(void) { sent_at = rdtsc(); }

// Not an interrupt: the work alone, called with interrupts off, as a kernel does when a CPU calls itself.
static inline void call_operation(void)
{
    cli();
    flags[0].pending = 1;
    sent_at = rdtsc();
    answer_timed();
    sti();
}

static inline u32 send_operation(const struct target_set *set, send_function send, u8 vector)
{
    for (u32 i = 0; i < set->count; i++)
        flags[set->targets[i].cpu].pending = 1;
    sent_at = rdtsc();
    u32 sends = send(set, vector);
    for (u32 i = 0; i < set->count; i++)
        while (flags[set->targets[i].cpu].pending)
            pause();
    return sends;
}

// ---- one scenario

struct result {
    u64 total_ticks;
    u32 sends; // of the last operation; it is the same for each
};

static void measure(const struct scenario *scenario, const struct target_set *set, send_function send, struct result *result)
{
    u64 start = rdtsc();
    for (u32 operation = 0; operation < iterations; operation++) {
        u32 sends = 0;
        for (u32 i = 0; i < SENDS_PER_OPERATION; i++) {
            if (scenario->set == SET_NONE)
                dry_operation();
            else if (scenario->set == SET_CALL)
                call_operation();
            else
                sends += send_operation(set, send, scenario->vector);
        }
        result->sends = sends;
    }
    result->total_ticks = rdtsc() - start;
}

static void add_target(struct target_set *set, u32 cpu)
{
    set->targets[set->count++] = (struct target){cpus[cpu].apic_id, cpus[cpu].vp_index, cpu};
}

static void fill_set(struct target_set *set, enum set_kind kind)
{
    set->count = 0;
    if (kind == SET_CALL || kind == SET_SELF)
        add_target(set, 0);
    if (kind != SET_ONE && kind != SET_ALL)
        return;
    for (u32 i = 0; i < cpu_count && (kind == SET_ALL || set->count == 0); i++)
        if (cpus_by_apic_id[i] != 0)
            add_target(set, cpus_by_apic_id[i]);
}

static bool in_set(const struct target_set *set, u32 cpu)
{
    for (u32 i = 0; i < set->count; i++)
        if (set->targets[i].cpu == cpu)
            return true;
    return false;
}

static void print_names(const char *kind, const char *scenario)
{
    print("%s apic=%s mode=%s scenario=%s", kind, apic_names[apic_choice], mode_names[send_mode], scenario);
}

static const char *current_scenario = "all";

static void verify_counts(const struct target_set *set)
{
    for (u32 cpu = 0; cpu < cpu_count; cpu++) {
        u32 expected = in_set(set, cpu) ? iterations * SENDS_PER_OPERATION : 0;
        if (counts[cpu].handled == expected)
            continue;
        print_names("fail", current_scenario);
        print(" cpu=%u apic_id=%u handled=%u expected=%u\n", cpu, cpus[cpu].apic_id, counts[cpu].handled, expected);
        finish(EXIT_FAILED);
    }
}

void send_failed(const char *what, long long got, u32 expected)
{
    print_names("fail", current_scenario);
    print(" %s %s%llu expected %u\n", what, got < 0 ? "-" : "", (u64)(got < 0 ? -got : got), expected);
    finish(EXIT_FAILED);
}

static void skip(const char *scenario, const char *reason)
{
    print_names("skip", scenario);
    print(" reason=%s\n", reason);
}

static void run(u32 number, const struct senders *senders)
{
    static struct target_set set;
    const struct scenario *scenario = &scenarios[number];
    struct result result = {0, 0};
    current_scenario = scenario->name;
    fill_set(&set, scenario->set);
    if (set.count == 0 && scenario->set != SET_NONE) {
        skip(scenario->name, "no other CPU");
        return;
    }
    for (u32 cpu = 0; cpu < cpu_count; cpu++)
        counts[cpu].handled = 0;
    delivery_ticks = 0;
    send_function send = scenario->set == SET_SELF ? senders->self : scenario->set == SET_ONE ? senders->single : senders->many;

    settle();
    mark(MARK_BEGIN, number);
    measure(scenario, &set, send, &result);
    mark(MARK_END, number);

    verify_counts(&set);
    print_names("row", scenario->name);
    print(" targets=%u operations=%u delivery_ticks=%llu total_ticks=%llu sends=%u\n", set.count, iterations, delivery_ticks,
          result.total_ticks, result.sends);
}

// ---- command line

static u32 index_of(const char *name, const char *const *names, u32 count)
{
    u32 i = 0;
    while (i < count && !same(name, names[i]))
        i++;
    return i;
}

static u32 scenario_by_name(const char *name)
{
    u32 i = 0;
    while (i < ARRAY_SIZE(scenarios) && !same(name, scenarios[i].name))
        i++;
    return i;
}

static void parse_scenarios(const struct option *option)
{
    char name[16];
    const char *text = option->value;
    wanted_scenarios = 0;
    do {
        u32 length = 0;
        for (; *text && *text != ',' && length < sizeof(name) - 1; length++)
            name[length] = *text++;
        name[length] = 0;
        u32 number = scenario_by_name(name);
        if (number == ARRAY_SIZE(scenarios) || (*text && *text != ','))
            usage_error(option, "a list of dry-run,self,self-ipi,normal,broadcast,broadcast-lock");
        wanted_scenarios |= 1u << number;
    } while (*text++);
}

static void parse_command_line(void)
{
    struct option option;
    u32 apic = APIC_XAPIC, mode = MODE_VANILLA;
    while (next_option(&option)) {
        if (same(option.key, "apic")) {
            apic = index_of(option.value, apic_names, ARRAY_SIZE(apic_names));
            if (apic == ARRAY_SIZE(apic_names))
                usage_error(&option, "xapic, x2apic-phys or x2apic-cluster");
        } else if (same(option.key, "mode")) {
            mode = index_of(option.value, mode_names, ARRAY_SIZE(mode_names));
            if (mode == ARRAY_SIZE(mode_names))
                usage_error(&option, "vanilla, shorthand, pv-ipi or hv-ipi");
        } else if (same(option.key, "iterations")) {
            if (!parse_number(option.value, &iterations) || iterations == 0)
                usage_error(&option, "a positive number");
        } else if (same(option.key, "scenarios")) {
            parse_scenarios(&option);
        } else {
            usage_error(&option, "one of apic, mode, iterations, scenarios");
        }
    }
    apic_choice = (enum apic_choice)apic;
    send_mode = (enum send_mode)mode;
}

// ---- the run

static void skip_all_if(const char *reason)
{
    if (!reason)
        return;
    skip("all", reason);
    finish(EXIT_OK);
}

static const char *xapic_not_possible(void)
{
    u32 highest_id = cpus[cpus_by_apic_id[cpu_count - 1]].apic_id;
    return apic_choice == APIC_XAPIC && (highest_id > XAPIC_MAX_ID || apic_is_x2) ? "xAPIC cannot address ids above 254" : NULL;
}

static const char *x2apic_not_offered(void)
{
    return apic_choice != APIC_XAPIC && !apic_offers_x2() ? "x2APIC not offered" : NULL;
}

void bsp_main(void)
{
    struct senders senders;
    parse_command_line();
    idt_set(VECTOR_TIMED, timed_stub);
    idt_set(VECTOR_PLAIN, plain_stub);
    idt_set(VECTOR_LOCKED, locked_stub);
    smp_start(apic_choice != APIC_XAPIC && apic_offers_x2());
    print("ipi-bench: cpus=%u sender_apic_id=%u\n", cpu_count, cpus[0].apic_id);
    skip_all_if(x2apic_not_offered());
    skip_all_if(xapic_not_possible());
    skip_all_if(mode_not_offered(send_mode));
    skip_all_if(mode_not_possible(send_mode));
    choose_senders(apic_choice, send_mode, &senders);
    sti();
    for (u32 number = 0; number < ARRAY_SIZE(scenarios); number++)
        if (wanted_scenarios & 1u << number)
            run(number, &senders);
    finish(EXIT_OK);
}

void ap_main(u32 index) { (void)index; }
