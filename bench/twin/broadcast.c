// SPDX-License-Identifier: Apache-2.0
/*
 * The twin of BroadcastBenchmark: the same algorithm in C, step by step, on one thread. One processor of 80 sends vector 0x41 to the 79 others by the
 * destination map, a mailbox per target takes it; "serve" lets each target take, acknowledge and end it.
 *
 * What the classes of dev.synapic.interrupts.apic do, this does: the map's generation is compared, the target's address is read, the request is
 * checked, it travels through a port (a function pointer, as Transit is an interface), the mailbox is a locked OR, listeners are called and do nothing.
 *
 * Prints a line for each route and case: route, case, nanoseconds per target (the median of some rounds).
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COUNT = 80, TARGETS = COUNT - 1, VECTOR = 0x41, MAX_ID = 255, NO_VECTOR = -1 };
enum { ROUNDS = 15, FIRST_LEGAL_VECTOR = 16 };
enum { LEVEL_ASSERT = 1 << 14, TRIGGER_LEVEL = 1 << 15, LOGICAL = 1 << 11, SHORTHAND_OTHERS = 3 << 18 };

struct address {
    bool hardware_enabled, software_enabled, x2apic;
    uint32_t x2apic_id;
};

struct bitmap {
    uint64_t w[4];
};

struct apic {
    _Atomic(const struct address *) address;
    _Atomic uint64_t vectors[4], levels[4];
    _Atomic int work, events;
    struct bitmap irr, isr, tmr, auto_eoi;
    int highest_request, highest_in_service, tpr;
    _Atomic int ppr;
    struct address own;
    char apart[128];
};

struct map {
    int generation, size;
    struct apic *apics[COUNT];
    const struct address *addresses[COUNT];
    int physical[MAX_ID + 1];
};

struct ports {
    void (*carry)(struct apic *target, int request);
    void (*sent)(struct apic *source, uint64_t icr, int accepted);
    void (*arrived)(struct apic *target, int request, bool coalesced);
    void (*acknowledged)(struct apic *apic, int vector);
    void (*ended)(struct apic *apic, int vector);
};

static struct apic *all[COUNT];
static _Atomic(struct map *) present;
static _Atomic int generation;
static struct ports *volatile bound;

static int highest(const struct bitmap *b) {
    for (int i = 3; i >= 0; i--) {
        if (b->w[i]) return i * 64 + 63 - __builtin_clzll(b->w[i]);
    }
    return NO_VECTOR;
}

static bool contains(const struct bitmap *b, int v) { return b->w[v >> 6] >> (v & 63) & 1; }

static bool post(struct apic *a, int vector, bool level) {
    int i = vector >> 6;
    uint64_t bit = 1ull << (vector & 63);
    uint64_t triggers = atomic_load_explicit(&a->levels[i], memory_order_relaxed);
    if (((triggers & bit) != 0) != level) {
        if (level) atomic_fetch_or(&a->levels[i], bit);
        else atomic_fetch_and(&a->levels[i], ~bit);
    }
    if (!atomic_load_explicit(&a->work, memory_order_relaxed)) atomic_store_explicit(&a->work, 1, memory_order_relaxed);
    uint64_t before = atomic_fetch_or(&a->vectors[i], bit);
    if (!atomic_load(&a->work)) atomic_store(&a->work, 1);
    return before & bit;
}

static void arrive(struct apic *a, int request) {
    int vector = request & 0xFF;
    if (vector < FIRST_LEGAL_VECTOR) return;
    bool coalesced = post(a, vector, request & TRIGGER_LEVEL) || contains(&a->irr, vector);
    bound->arrived(a, request, coalesced);
}

static bool accepts(struct apic *a, int request) {
    const struct address *now = atomic_load(&a->address);
    if (!now->hardware_enabled) return false;
    switch (request >> 8 & 7) {
        case 0: case 1:
            return now->software_enabled && !((request & TRIGGER_LEVEL) && !(request & LEVEL_ASSERT)) &&
                   (request & 0xFF) >= FIRST_LEGAL_VECTOR;
        case 2: case 4: case 5: case 6: return true;
        default: return false;
    }
}

static int deliver(struct apic *target, int request) {
    if (!accepts(target, request)) return 0;
    bound->carry(target, request);
    return 1;
}

static struct map *map(void) {
    struct map *m = atomic_load(&present);
    if (m->generation != atomic_load(&generation)) abort();
    return m;
}

static int physical_target(const struct map *m, uint32_t id) { return id <= MAX_ID ? m->physical[id] : -1; }

static int next(const struct map *m, int from, uint32_t destination, bool logical) {
    if (destination == 0xFFFFFFFF) abort();
    if (!logical) return from < 0 ? physical_target(m, destination) : -1;
    uint32_t mask = destination & 0xFFFF, first = destination >> 16 << 4;
    if (from >= 0) mask &= -2u << (m->addresses[from]->x2apic_id & 15);
    for (; mask; mask &= mask - 1) {
        int target = physical_target(m, first + __builtin_ctz(mask));
        if (target >= 0 && m->addresses[target]->x2apic) return target;
    }
    return -1;
}

static int send_ipi(struct apic *source, uint64_t icr) {
    int request = icr & 0xC7FF, accepted = 0;
    struct map *m = map();
    if ((icr & (3 << 18)) == SHORTHAND_OTHERS) {
        for (int i = 0; i < m->size; i++) {
            if (m->apics[i] != source) accepted += deliver(m->apics[i], request);
        }
    } else {
        uint32_t destination = icr >> 32;
        bool logical = icr & LOGICAL;
        for (int i = next(m, -1, destination, logical); i >= 0; i = next(m, i, destination, logical)) {
            accepted += deliver(m->apics[i], request);
        }
    }
    bound->sent(source, icr, accepted);
    return accepted;
}

static long pv_ipi(uint64_t low, uint64_t high, uint32_t min, int icr) {
    struct map *m = map();
    long accepted = 0;
    for (int word = 0; word < 2; word++) {
        uint32_t first = min + 64 * word;
        for (uint64_t left = word ? high : low; left; left &= left - 1) {
            uint32_t id = first + __builtin_ctzll(left);
            if (id > MAX_ID) break;
            int target = m->physical[id];
            if (target >= 0) accepted += deliver(m->apics[target], icr & 0xC7FF);
        }
    }
    return accepted;
}

static void update_ppr(struct apic *a) {
    int service = a->highest_in_service == NO_VECTOR ? 0 : a->highest_in_service & 0xF0;
    atomic_store_explicit(&a->ppr, (a->tpr & 0xF0) >= service ? a->tpr : service, memory_order_relaxed);
}

static void take_arrivals(struct apic *a) {
    while (atomic_load(&a->work)) {
        atomic_store(&a->work, 0);
        if (!atomic_load(&a->address)->hardware_enabled) continue;
        for (int i = 3; i >= 0; i--) {
            uint64_t bits = atomic_load(&a->vectors[i]) ? atomic_exchange(&a->vectors[i], 0) : 0;
            if (bits) {
                a->tmr.w[i] = (a->tmr.w[i] & ~bits) | (atomic_load(&a->levels[i]) & bits);
                a->irr.w[i] |= bits;
                int top = i * 64 + 63 - __builtin_clzll(bits);
                if (top > a->highest_request) a->highest_request = top;
            }
        }
        if (atomic_load(&a->events)) atomic_exchange(&a->events, 0);
    }
}

static int pending_vector(struct apic *a) {
    if (atomic_load(&a->work)) take_arrivals(a);
    return a->highest_request > (atomic_load_explicit(&a->ppr, memory_order_relaxed) | 15) ? a->highest_request : NO_VECTOR;
}

static void acknowledge(struct apic *a, int vector) {
    if (vector < 0 || !contains(&a->irr, vector)) abort();
    a->irr.w[vector >> 6] &= ~(1ull << (vector & 63));
    a->highest_request = highest(&a->irr);
    if (!contains(&a->auto_eoi, vector)) {
        a->isr.w[vector >> 6] |= 1ull << (vector & 63);
        if (vector > a->highest_in_service) a->highest_in_service = vector;
        update_ppr(a);
    }
    bound->acknowledged(a, vector);
}

static void eoi(struct apic *a) {
    if (atomic_load(&a->work)) take_arrivals(a);
    int vector = a->highest_in_service;
    if (vector != NO_VECTOR) {
        a->isr.w[vector >> 6] &= ~(1ull << (vector & 63));
        a->highest_in_service = highest(&a->isr);
        update_ppr(a);
    }
    bound->ended(a, vector);
}

static int serve_all(void) {
    int served = 0;
    for (int id = 1; id < COUNT; id++) {
        if (pending_vector(all[id]) == VECTOR) {
            acknowledge(all[id], VECTOR);
            eoi(all[id]);
            served++;
        }
    }
    return served;
}

static int physical(void) {
    int accepted = 0;
    for (uint64_t id = 1; id < COUNT; id++) accepted += send_ipi(all[0], id << 32 | LEVEL_ASSERT | VECTOR);
    return accepted;
}

static int cluster(void) {
    int accepted = 0;
    for (uint64_t c = 0; c < COUNT / 16; c++) {
        accepted += send_ipi(all[0], (c << 16 | (c ? 0xFFFF : 0xFFFE)) << 32 | LOGICAL | LEVEL_ASSERT | VECTOR);
    }
    return accepted;
}

static int shorthand(void) { return send_ipi(all[0], SHORTHAND_OTHERS | LEVEL_ASSERT | VECTOR); }

static int pv(void) { return pv_ipi(-2ull, (1ull << (COUNT - 64)) - 1, 0, VECTOR); }

static void carry(struct apic *target, int request) { arrive(target, request); }
static void ignore_sent(struct apic *s, uint64_t icr, int n) { (void) s, (void) icr, (void) n; }
static void ignore_arrived(struct apic *a, int r, bool c) { (void) a, (void) r, (void) c; }
static void ignore_vector(struct apic *a, int v) { (void) a, (void) v; }

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

static void measure(const char *name, int (*send)(void), bool serve) {
    double rounds[ROUNDS];
    serve_all();
    for (int r = -2; r < ROUNDS; r++) {
        long sent = 0, n = 0;
        double begin = seconds(), took;
        do {
            for (int i = 0; i < 2000; i++, n++) {
                if (send() != TARGETS || (serve && serve_all() != TARGETS)) abort();
                sent += TARGETS;
            }
        } while ((took = seconds() - begin) < 0.1);
        if (r >= 0) rounds[r] = took * 1e9 / sent;
    }
    qsort(rounds, ROUNDS, sizeof *rounds, ascending);
    printf("%s %s %.3f\n", name, serve ? "sendAndServe" : "sendCoalesced", rounds[ROUNDS / 2]);
}

int main(void) {
    static struct ports ports = {carry, ignore_sent, ignore_arrived, ignore_vector, ignore_vector};
    bound = &ports;
    struct map *m = calloc(1, sizeof *m);
    memset(m->physical, -1, sizeof m->physical);
    m->size = COUNT;
    for (int id = 0; id < COUNT; id++) {
        struct apic *a = calloc(1, sizeof *a);
        a->own = (struct address) {true, true, true, (uint32_t) id};
        atomic_store(&a->address, &a->own);
        a->highest_request = a->highest_in_service = NO_VECTOR;
        all[id] = m->apics[id] = a;
        m->addresses[id] = &a->own;
        m->physical[id] = id;
    }
    atomic_store(&present, m);
    for (int serve = 1; serve >= 0; serve--) {
        measure("PHYSICAL", physical, serve);
        measure("CLUSTER", cluster, serve);
        measure("SHORTHAND", shorthand, serve);
        measure("PV_IPI", pv, serve);
    }
    return 0;
}
