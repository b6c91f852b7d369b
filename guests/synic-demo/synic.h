// SPDX-License-Identifier: Apache-2.0
// The guest's half of the synthetic interrupt controller (TLFS, "Virtual Interrupt Controller").
#pragma once

#include "types.h"

#define SINT_COUNT 16
#define SINT_MASKED (1u << 16)
#define SINT_AUTO_EOI (1u << 17)

#define MESSAGE_NONE 0
#define MESSAGE_FLAG_PENDING 1

struct message {
    volatile u32 type;
    volatile u8 payload_size;
    volatile u8 flags;
    u16 reserved;
    u64 sender;
    volatile u8 payload[240];
};

_Static_assert(sizeof(struct message) == 256, "TLFS: HV_MESSAGE_SIZE");

struct synic {
    struct message messages[SINT_COUNT] ALIGNED(PAGE_SIZE);
    u8 event_flags[SINT_COUNT][256] ALIGNED(PAGE_SIZE);
};

// All of these act on the calling CPU.
void synic_enable(struct synic *synic);
void synic_disable(void);
void sint_write(u32 sint, u32 value);
void eom(void);

static inline bool flag_is_set(const struct synic *synic, u32 sint, u32 flag)
{
    return __atomic_load_n(&synic->event_flags[sint][flag / 8], __ATOMIC_ACQUIRE) >> flag % 8 & 1;
}

static inline void flag_clear(struct synic *synic, u32 sint, u32 flag)
{
    __atomic_fetch_and(&synic->event_flags[sint][flag / 8], (u8) ~(1u << flag % 8), __ATOMIC_SEQ_CST);
}

// Frees the slot and returns whether the hypervisor holds another message for it. The exchange is also the barrier that keeps
// the flag from being read before the type is cleared; otherwise both sides could miss each other.
static inline bool message_release(struct message *message)
{
    __atomic_exchange_n(&message->type, MESSAGE_NONE, __ATOMIC_SEQ_CST);
    return message->flags & MESSAGE_FLAG_PENDING;
}
