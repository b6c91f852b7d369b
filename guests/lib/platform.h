// SPDX-License-Identifier: Apache-2.0
// What surrounds the CPU: console, command line, number of CPUs, end of the run, markers for the observer.
#pragma once

#include "types.h"

// Values for the isa-debug-exit port; QEMU turns v into the exit status (v << 1) | 1.
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_EXCEPTION = 3, EXIT_NO_CPUS = 4 };

void platform_init(void);
NORETURN void finish(u32 value);
u32 cpus_present(void);

// Understands %s %c %u %x %llu %llx. Not locked: see print_lock.
__attribute__((format(printf, 1, 2))) void print(const char *format, ...);
void print_lock(void);
void print_unlock(void);

// The observer (a VMM that traps the port) sees what happens between the two.
enum { MARK_BEGIN = 1, MARK_END = 2 };
void mark(u32 event, u32 scenario);

// The command line is a list of key=value words. next_option() splits it in place and returns false at its end.
struct option {
    const char *key, *value;
};
bool next_option(struct option *option);
bool same(const char *a, const char *b);
bool parse_number(const char *text, u32 *number);
NORETURN void usage_error(const struct option *option, const char *expected);
