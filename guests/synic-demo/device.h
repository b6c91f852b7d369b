// SPDX-License-Identifier: Apache-2.0
// The VMM-side device that makes the hypervisor's half of SynIC visible to a guest (README.md, "Demo device").
#pragma once

#include "types.h"

enum device_command {
    DEVICE_ATTACH = 1,  // a GSI, a route to the SINT, an irqfd with resampler
    DEVICE_DETACH = 2,
    DEVICE_SIGNAL = 3,  // raise the SINT through the irqfd
    DEVICE_MESSAGE = 4, // post a message of type 1 whose payload is the argument
    DEVICE_FLAG = 5,    // set the event flag with the argument's number
};

#define NOW 0
#define LATER 20000 // ns: long enough that the guest is in HLT when it happens

bool device_present(void);
void device_do(enum device_command command, u32 vp_index, u32 sint, u32 argument, u32 delay_ns);
u32 device_resamples(void); // of the SINT of the last command
u32 device_staged(void);
