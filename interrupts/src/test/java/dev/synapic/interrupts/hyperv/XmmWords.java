// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import java.util.Arrays;

/** XMM0 to XMM5 of a caller; what a test does not give is no zero, so that reading too far is seen. */
final class XmmWords implements XmmRegisters {
    final long[] words = new long[WORDS];

    XmmWords(long... given) {
        Arrays.fill(words, 0xBAD);
        System.arraycopy(given, 0, words, 0, given.length);
    }

    @Override
    public long get(int word) {
        return words[word];
    }

    @Override
    public void set(int word, long value) {
        words[word] = value;
    }
}
