// SPDX-License-Identifier: Apache-2.0
// One load from each of 2,048 pages, four times as many as the TLB holds: every one walks the page tables.

unsigned long round(unsigned long seed)
{
    volatile unsigned long *words = (volatile unsigned long *) DATA;
    for (int page = 0; page < 2048; page++)
        seed += words[page * 512];
    return seed + 1;
}
