// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64; // the same type in both images, for print
typedef uintptr_t word; // one general register of this image: 64 or 32 bits

#define CACHE_LINE 64
#define PAGE_SIZE 4096
#define MAX_CPUS 1024

#define ALIGNED(n) __attribute__((aligned(n)))
#define NORETURN __attribute__((noreturn))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
