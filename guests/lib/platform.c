// SPDX-License-Identifier: Apache-2.0

#include "platform.h"
#include "x86.h"

#define COM1_DATA 0x3F8
#define COM1_INTERRUPT_ENABLE 0x3F9
#define COM1_LINE_CONTROL 0x3FB
#define COM1_LINE_STATUS 0x3FD
#define LINE_CONTROL_8N1 0x03
#define LINE_STATUS_THR_EMPTY 0x20

#define PIC_MASTER_MASK 0x21
#define PIC_SLAVE_MASK 0xA1

#define FW_CFG_SELECTOR 0x510
#define FW_CFG_DATA 0x511
#define FW_CFG_SIGNATURE 0x0000
#define FW_CFG_CPU_COUNT 0x0005

#define EXIT_PORT 0xF4
#define MARKER_PORT 0x5F0

#define MULTIBOOT_HAS_COMMAND_LINE (1u << 2)

struct multiboot_info { // the head of the structure of Multiboot 0.6.96, 3.3
    u32 flags, memory_lower, memory_upper, boot_device, command_line;
};

extern u32 multiboot_info;

static char command_line[1024];
static char *next_word = command_line;
static bool first_word = true;
static u32 console_lock;

// The loader may have put the text anywhere, also where the trampoline will go: keep a copy.
static void copy_command_line(void)
{
    const struct multiboot_info *info = (const void *)(word)multiboot_info;
    if (!(info->flags & MULTIBOOT_HAS_COMMAND_LINE))
        return;
    const char *text = (const char *)(word)info->command_line;
    for (u32 i = 0; i < sizeof(command_line) - 1 && text[i]; i++)
        command_line[i] = text[i];
}

void platform_init(void)
{
    outb(COM1_INTERRUPT_ENABLE, 0);
    outb(COM1_LINE_CONTROL, LINE_CONTROL_8N1);
    outb(PIC_MASTER_MASK, 0xFF); // a firmware leaves the PIT's tick on
    outb(PIC_SLAVE_MASK, 0xFF);
    copy_command_line();
}

void finish(u32 value)
{
    outl(EXIT_PORT, value);
    for (;;)
        asm volatile("cli; hlt");
}

void mark(u32 event, u32 scenario) { outl(MARKER_PORT, event << 24 | scenario << 16); }

static bool fw_cfg_present(void)
{
    static const char signature[4] = "QEMU";
    outw(FW_CFG_SELECTOR, FW_CFG_SIGNATURE);
    for (u32 i = 0; i < sizeof(signature); i++)
        if (inb(FW_CFG_DATA) != signature[i])
            return false;
    return true;
}

u32 cpus_present(void)
{
    if (!fw_cfg_present())
        return 1;
    outw(FW_CFG_SELECTOR, FW_CFG_CPU_COUNT);
    u32 low = inb(FW_CFG_DATA);
    return low | (u32)inb(FW_CFG_DATA) << 8;
}

// ---- console

static void put_char(char c)
{
    while (!(inb(COM1_LINE_STATUS) & LINE_STATUS_THR_EMPTY))
        pause();
    outb(COM1_DATA, c);
}

static void put_text(const char *text)
{
    while (*text)
        put_char(*text++);
}

// 64 by 32 bits in two steps of the DIV instruction, so that the 32-bit image needs no run-time library.
static u32 divide_by(u32 divisor, u64 *value)
{
    u32 high = (u32)(*value >> 32), quotient_high = high / divisor, quotient_low, remainder;
    asm("divl %4" : "=a"(quotient_low), "=d"(remainder) : "a"((u32)*value), "d"(high % divisor), "r"(divisor) : "cc");
    *value = (u64)quotient_high << 32 | quotient_low;
    return remainder;
}

static void put_number(u64 value, u32 base)
{
    char digits[24];
    u32 n = sizeof(digits) - 1;
    digits[n] = 0;
    do
        digits[--n] = "0123456789abcdef"[divide_by(base, &value)];
    while (value);
    put_text(digits + n);
}

void print(const char *format, ...)
{
    __builtin_va_list arguments;
    __builtin_va_start(arguments, format);
    for (; *format; format++) {
        if (*format != '%') {
            put_char(*format);
            continue;
        }
        bool is_long = format[1] == 'l'; // always "ll"
        format += is_long ? 3 : 1;
        if (*format == 's')
            put_text(__builtin_va_arg(arguments, const char *));
        else if (*format == 'c')
            put_char((char)__builtin_va_arg(arguments, int));
        else
            put_number(is_long ? __builtin_va_arg(arguments, u64) : __builtin_va_arg(arguments, u32), *format == 'x' ? 16 : 10);
    }
    __builtin_va_end(arguments);
}

void print_lock(void)
{
    while (__atomic_exchange_n(&console_lock, 1, __ATOMIC_ACQUIRE))
        pause();
}

void print_unlock(void) { __atomic_store_n(&console_lock, 0, __ATOMIC_RELEASE); }

// ---- command line

bool same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static char *cut(char *text, char separator)
{
    while (*text && *text != separator)
        text++;
    if (*text)
        *text++ = 0;
    return text;
}

bool next_option(struct option *option)
{
    for (;;) {
        while (*next_word == ' ')
            next_word++;
        if (!*next_word)
            return false;
        char *start = next_word;
        next_word = cut(start, ' ');
        option->key = start;
        option->value = cut(start, '=');
        if (!first_word || *option->value)
            break;
        first_word = false; // QEMU puts the file's name first
    }
    first_word = false;
    return true;
}

bool parse_number(const char *text, u32 *number)
{
    u32 value = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || value > 100000000)
            return false;
        value = value * 10 + (u32)(*text - '0');
    }
    *number = value;
    return true;
}

void usage_error(const struct option *option, const char *expected)
{
    print("fail option %s=%s expected %s\n", option->key, option->value, expected);
    finish(EXIT_USAGE);
}
