// SPDX-License-Identifier: Apache-2.0
// Linux's system calls on x86-64 without a library, and the little that the program needs around them.
#ifndef SYSTEM_H
#define SYSTEM_H

typedef unsigned int u32;
typedef unsigned long long u64;

enum {
    SYS_READ = 0,
    SYS_WRITE = 1,
    SYS_OPEN = 2,
    SYS_CLOSE = 3,
    SYS_SCHED_YIELD = 24,
    SYS_EXIT = 60,
    SYS_IOPERM = 173,
    SYS_SCHED_SETAFFINITY = 203,
    SYS_SCHED_GETAFFINITY = 204,
    SYS_CLOCK_GETTIME = 228,
    SYS_EXIT_GROUP = 231,
    SYS_MEMBARRIER = 324,
};

// The result, or an error number below zero.
long system_call(long number, long a, long b, long c, long d, long e);
// A thread that shares everything; enters thread_main(argument) on the stack that ends at top. Below zero: not started.
long start_thread(char *top, long argument);
void thread_main(long argument);
// What start.S calls; must not return.
void program(int words, char **word);

void print(const char *text);
void print_number(const char *label, u64 value);
// Prints a reason and ends the program with status 1.
void fail(const char *reason);
u64 number(const char *digits);
u64 monotonic_ns(void);
// Reads at most size bytes and returns how many.
long read_file(const char *path, char *to, long size);
// Just behind the first place where text stands in bytes, or null.
const char *find(const char *in, long bytes, const char *text);

#endif
