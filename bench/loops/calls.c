// SPDX-License-Identifier: Apache-2.0
// Calls and returns: Fibonacci numbers the slow way.

static __attribute__((noinline, noclone)) unsigned long fibonacci(unsigned long n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

unsigned long round(unsigned long seed)
{
    return fibonacci(14 + (seed & 1));
}
