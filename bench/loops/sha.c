// SPDX-License-Identifier: Apache-2.0
// Arithmetic in registers: the rounds of SHA-256 without its message and constants.

typedef unsigned int u32;

static inline u32 ror(u32 x, int n)
{
    return x >> n | x << (32 - n);
}

unsigned long round(unsigned long seed)
{
    u32 a = seed, b = seed >> 32, c = 0x3C6EF372, d = 0xA54FF53A, e = 0x510E527F, f = 0x9B05688C, g = 0x1F83D9AB, h = 0x5BE0CD19;
    for (int i = 0; i < 4096; i++) {
        u32 t1 = h + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + (g ^ (e & (f ^ g))) + i;
        u32 t2 = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) + ((a & b) | (c & (a | b)));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    return (unsigned long) (a ^ c ^ e ^ g) << 32 | (b ^ d ^ f ^ h);
}
