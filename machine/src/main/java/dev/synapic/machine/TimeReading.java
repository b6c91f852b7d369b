// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

/**
 * Makes every reading of time monotonic over the whole machine: a virtual CPU that is behind within the lookahead never reads less
 * than another one read before (design decision D3).
 */
final class TimeReading {
    private long latestPs;

    /** The instant to show to a reader whose clock stands at nowPs. */
    long read(long nowPs) {
        latestPs = Math.max(latestPs, nowPs);
        return latestPs;
    }
}
