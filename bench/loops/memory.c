// SPDX-License-Identifier: Apache-2.0
// Loads and stores of all four sizes over 64 pages, in order and at random; some are unaligned, some cross into the next page.

#define BYTES (64 * 4096)

static inline volatile void *at(unsigned long seed)
{
    return (volatile unsigned char *) DATA + (seed & (BYTES - 1));
}

unsigned long round(unsigned long seed)
{
    volatile unsigned long *words = (volatile unsigned long *) DATA;
    for (int i = 0; i < 4096; i++)
        words[i] += seed;
    for (int i = 0; i < 1024; i++) {
        seed = seed * 6364136223846793005UL + 1442695040888963407UL;
        volatile unsigned char *p1 = at(seed >> 20);
        *p1 = *p1 + 1;
        volatile unsigned short *p2 = at(seed >> 28);
        *p2 = *p2 + 1;
        volatile unsigned int *p4 = at(seed >> 36);
        *p4 = *p4 + 1;
        volatile unsigned long *p8 = at(seed >> 44);
        *p8 = *p8 + 1;
        seed += *p8 + *p4 + *p2 + *p1;
    }
    return seed;
}
