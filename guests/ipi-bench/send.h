// SPDX-License-Identifier: Apache-2.0
// Ways to send one fixed interrupt to a set of CPUs.
#pragma once

#include "smp.h"

struct target {
    u32 apic_id, vp_index, cpu;
};

struct target_set {
    u32 count;
    struct target targets[MAX_CPUS]; // ascending by APIC id, never the sender
};

// Returns how many ICR writes or hypercalls it took.
typedef u32 (*send_function)(const struct target_set *set, u8 vector);

enum apic_choice { APIC_XAPIC, APIC_X2_PHYSICAL, APIC_X2_CLUSTER };
enum send_mode { MODE_VANILLA, MODE_SHORTHAND, MODE_PV_IPI, MODE_HV_IPI };

struct senders {
    send_function self;   // exactly the sender itself
    send_function single; // one other CPU
    send_function many;   // all but the sender
};

void choose_senders(enum apic_choice apic, enum send_mode mode, struct senders *senders);

// Null when the mode works here, otherwise why not. The first needs no other CPU, the second all of them.
const char *mode_not_offered(enum send_mode mode);
const char *mode_not_possible(enum send_mode mode);

NORETURN void send_failed(const char *what, long long got, u32 expected);
