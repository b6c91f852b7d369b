// SPDX-License-Identifier: Apache-2.0

#include "send.h"
#include "apic.h"
#include "hyperv.h"
#include "kvm.h"

// ---- one ICR write per target

static u32 xapic_each(const struct target_set *set, u8 vector)
{
    for (u32 i = 0; i < set->count; i++)
        xapic_send(set->targets[i].apic_id, ICR_ASSERT | ICR_FIXED | vector);
    return set->count;
}

static u32 x2apic_each_physical(const struct target_set *set, u8 vector)
{
    fence_before_x2apic_write();
    for (u32 i = 0; i < set->count; i++)
        x2apic_send(set->targets[i].apic_id, ICR_ASSERT | ICR_FIXED | vector);
    return set->count;
}

// ---- one ICR write per cluster of 16: the logical id is (id >> 4) << 16 | 1 << (id & 15) (SDM vol. 3, 11.12.10.2)

static u32 x2apic_each_cluster(const struct target_set *set, u8 vector)
{
    u32 sends = 0;
    fence_before_x2apic_write();
    for (u32 i = 0; i < set->count;) {
        u32 cluster = set->targets[i].apic_id >> 4, members = 0;
        for (; i < set->count && set->targets[i].apic_id >> 4 == cluster; i++)
            members |= 1u << (set->targets[i].apic_id & 15);
        x2apic_send(cluster << 16 | members, ICR_LOGICAL | ICR_ASSERT | ICR_FIXED | vector);
        sends++;
    }
    return sends;
}

// ---- shorthands

static u32 xapic_all_but_self(const struct target_set *set, u8 vector)
{
    (void)set;
    apic_write(APIC_ICR, ICR_ALL_BUT_SELF | ICR_ASSERT | ICR_FIXED | vector);
    return 1;
}

static u32 x2apic_all_but_self(const struct target_set *set, u8 vector)
{
    (void)set;
    fence_before_x2apic_write();
    x2apic_send(0, ICR_ALL_BUT_SELF | ICR_ASSERT | ICR_FIXED | vector);
    return 1;
}

static u32 xapic_self(const struct target_set *set, u8 vector)
{
    (void)set;
    apic_write(APIC_ICR, ICR_SELF | ICR_ASSERT | ICR_FIXED | vector);
    return 1;
}

static u32 x2apic_self(const struct target_set *set, u8 vector)
{
    (void)set;
    fence_before_x2apic_write();
    wrmsr(MSR_X2APIC_SELF_IPI, vector);
    return 1;
}

// ---- KVM_HC_SEND_IPI: a window of two words' worth of APIC ids per call, always physical ids

#define WINDOW_HALF (8 * (u32)sizeof(word))

static void pv_send_window(word low, word high, u32 first_id, u8 vector, u32 expected)
{
    long accepted = kvm_hypercall(KVM_HC_SEND_IPI, low, high, first_id, ICR_FIXED | vector);
    if (accepted != (long)expected)
        send_failed("pv-ipi accepted", accepted, expected);
}

// The window moves on as soon as an id no longer fits: ids may have gaps wider than one window.
static u32 pv_each_window(const struct target_set *set, u8 vector)
{
    u32 sends = 0;
    for (u32 i = 0; i < set->count;) {
        u32 first_id = set->targets[i].apic_id, first_target = i;
        word half[2] = {0, 0};
        for (; i < set->count && set->targets[i].apic_id - first_id < 2 * WINDOW_HALF; i++) {
            u32 offset = set->targets[i].apic_id - first_id;
            half[offset / WINDOW_HALF] |= (word)1 << offset % WINDOW_HALF;
        }
        pv_send_window(half[0], half[1], first_id, vector, i - first_target);
        sends++;
    }
    return sends;
}

// ---- HvCallSendSyntheticClusterIpi and its Ex form (TLFS, "Virtual Interrupts"): sets of VP indexes

#ifdef __x86_64__

#define BANK_BITS 64
#define MAX_BANKS (MAX_CPUS / BANK_BITS)

static void hv_check(u64 result)
{
    if (result & HYPERCALL_STATUS_MASK)
        send_failed("hv-ipi status", (long long)(result & HYPERCALL_STATUS_MASK), 0);
}

static u32 hv_mask(const struct target_set *set, u8 vector)
{
    u64 mask = 0;
    for (u32 i = 0; i < set->count; i++)
        mask |= 1ull << set->targets[i].vp_index;
    hv_check(hypercall(HVCALL_SEND_IPI | HYPERCALL_FAST, vector, mask));
    return 1;
}

struct ALIGNED(8) ipi_ex_input {
    u32 vector;
    u8 target_vtl, padding[3];
    u64 format; // 0: sparse set of banks
    u64 valid_banks;
    u64 banks[MAX_BANKS];
};

static u32 pack_banks(const u64 *by_number, struct ipi_ex_input *input)
{
    u32 packed = 0;
    for (u32 bank = 0; bank < MAX_BANKS; bank++) {
        if (!by_number[bank])
            continue;
        input->valid_banks |= 1ull << bank;
        input->banks[packed++] = by_number[bank];
    }
    return packed;
}

static u32 hv_sparse_set(const struct target_set *set, u8 vector)
{
    static struct ipi_ex_input input ALIGNED(PAGE_SIZE); // within one page, as the TLFS asks
    u64 by_number[MAX_BANKS];
    for (u32 bank = 0; bank < MAX_BANKS; bank++)
        by_number[bank] = 0;
    for (u32 i = 0; i < set->count; i++)
        by_number[set->targets[i].vp_index / BANK_BITS] |= 1ull << set->targets[i].vp_index % BANK_BITS;
    input.vector = vector;
    input.valid_banks = 0;
    u64 banks = pack_banks(by_number, &input);
    hv_check(hypercall(HVCALL_SEND_IPI_EX | banks << HYPERCALL_VARIABLE_HEADER_SHIFT, (word)&input, 0));
    return 1;
}

static u32 highest_vp_index(void)
{
    u32 highest = 0;
    for (u32 i = 0; i < cpu_count; i++)
        if (cpus[i].vp_index > highest)
            highest = cpus[i].vp_index;
    return highest;
}

static send_function hv_sender(void) { return highest_vp_index() < BANK_BITS ? hv_mask : hv_sparse_set; }

static const char *hv_not_offered(void)
{
    hyperv_discover();
    if (!hyperv_present())
        return "Hyper-V interface not offered";
    if (!hyperv_has(HYPERV_HYPERCALL_MSRS | HYPERV_VP_INDEX_ACCESS))
        return "Hyper-V hypercalls or VP index not offered";
    if (!hyperv_recommends(HYPERV_CLUSTER_IPI))
        return "Hyper-V cluster IPI not recommended";
    return hypercall_page_enable() ? NULL : "Hyper-V hypercall page not enabled";
}

static const char *hv_not_possible(void)
{
    if (highest_vp_index() >= MAX_CPUS)
        return "VP index above 1023";
    if (highest_vp_index() >= BANK_BITS && !hyperv_recommends(HYPERV_EX_FORMS))
        return "VP index above 63 and Ex hypercalls not recommended";
    return NULL;
}

#else

static send_function hv_sender(void) { return NULL; }
static const char *hv_not_offered(void) { return "hv-ipi needs 64-bit mode"; }
static const char *hv_not_possible(void) { return NULL; }

#endif

// ---- choice

static const char *pv_not_offered(void)
{
    kvm_choose_instruction();
    return kvm_features() & KVM_FEATURE_PV_SEND_IPI ? NULL : "KVM PV_SEND_IPI not offered";
}

const char *mode_not_offered(enum send_mode mode)
{
    return mode == MODE_PV_IPI ? pv_not_offered() : mode == MODE_HV_IPI ? hv_not_offered() : NULL;
}

const char *mode_not_possible(enum send_mode mode) { return mode == MODE_HV_IPI ? hv_not_possible() : NULL; }

// A single target takes the plain ICR in every mode, as in guests that use these calls.
void choose_senders(enum apic_choice apic, enum send_mode mode, struct senders *senders)
{
    static const send_function each[] = {xapic_each, x2apic_each_physical, x2apic_each_cluster};
    senders->self = apic == APIC_XAPIC ? xapic_self : x2apic_self;
    senders->single = each[apic];
    senders->many = each[apic];
    if (mode == MODE_SHORTHAND)
        senders->many = apic == APIC_XAPIC ? xapic_all_but_self : x2apic_all_but_self;
    else if (mode == MODE_PV_IPI)
        senders->many = pv_each_window;
    else if (mode == MODE_HV_IPI)
        senders->many = hv_sender();
}
