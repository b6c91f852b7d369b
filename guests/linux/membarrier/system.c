// SPDX-License-Identifier: Apache-2.0
#include "system.h"

struct timespec {
    long seconds;
    long nanoseconds;
};

enum { CLOCK_MONOTONIC = 1, STANDARD_OUTPUT = 1, READ_ONLY = 0 };

static u32 length(const char *text) {
    u32 n = 0;
    while (text[n]) {
        n++;
    }
    return n;
}

// Lines are short, and written whole, so that they do not mix with the kernel's.
static char line[256];
static u32 used;

static void flush(void) {
    system_call(SYS_WRITE, STANDARD_OUTPUT, (long)line, used, 0, 0);
    used = 0;
}

void print(const char *text) {
    for (; *text; text++) {
        line[used++] = *text;
        if (*text == '\n' || used == sizeof line) {
            flush();
        }
    }
}

void print_number(const char *label, u64 value) {
    char digits[21];
    u32 at = sizeof digits - 1;

    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    print(label);
    print(digits + at);
}

void fail(const char *reason) {
    print("membarrier: fail reason=");
    print(reason);
    print("\n");
    system_call(SYS_EXIT_GROUP, 1, 0, 0, 0, 0);
    __builtin_unreachable();
}

u64 number(const char *digits) {
    u64 value = 0;
    for (; *digits >= '0' && *digits <= '9'; digits++) {
        value = value * 10 + (u64)(*digits - '0');
    }
    return *digits ? 0 : value;
}

u64 monotonic_ns(void) {
    struct timespec now;
    system_call(SYS_CLOCK_GETTIME, CLOCK_MONOTONIC, (long)&now, 0, 0, 0);
    return (u64)now.seconds * 1000000000ull + (u64)now.nanoseconds;
}

long read_file(const char *path, char *to, long size) {
    long file = system_call(SYS_OPEN, (long)path, READ_ONLY, 0, 0, 0);
    long bytes = 0, n = 0;

    if (file < 0) {
        fail("cannot open /proc/interrupts");
    }
    do {
        n = system_call(SYS_READ, file, (long)(to + bytes), size - bytes, 0, 0);
        bytes += n > 0 ? n : 0;
    } while (n > 0);
    system_call(SYS_CLOSE, file, 0, 0, 0, 0);
    return bytes;
}

const char *find(const char *in, long bytes, const char *text) {
    long n = length(text);
    for (long i = 0; i + n <= bytes; i++) {
        long same = 0;
        while (same < n && in[i + same] == text[same]) {
            same++;
        }
        if (same == n) {
            return in + i + n;
        }
    }
    return 0;
}
