// SPDX-License-Identifier: Apache-2.0

#include "device.h"
#include "x86.h"

#define PORT_DELAY 0x3010
#define PORT_COMMAND 0x3014
#define PORT_RESAMPLES 0x3018
#define PORT_STAGED 0x301C

bool device_present(void) { return inl(PORT_RESAMPLES) != 0xFFFFFFFF; } // what a PC reads where nothing answers

void device_do(enum device_command command, u32 vp_index, u32 sint, u32 argument, u32 delay_ns)
{
    outl(PORT_DELAY, delay_ns);
    outl(PORT_COMMAND, sint | vp_index << 8 | (u32)command << 16 | argument << 24);
}

u32 device_resamples(void) { return inl(PORT_RESAMPLES); }
u32 device_staged(void) { return inl(PORT_STAGED); }
