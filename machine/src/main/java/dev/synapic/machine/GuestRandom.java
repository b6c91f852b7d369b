// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

/**
 * What RDRAND and RDSEED of one virtual CPU return, or the entropy device: a sequence that the machine's seed decides, so that a run can be
 * repeated. It is no source of secrets. (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.)
 */
final class GuestRandom {
    private static final long STEP = 0x9E37_79B9_7F4A_7C15L;

    /** The stream of the entropy device: no virtual CPU's. */
    static final int ENTROPY_DEVICE = MachineConfig.MOST_VCPUS;

    private long state;

    GuestRandom(long seed, int vcpu) {
        state = mix(seed + STEP * (vcpu + 1));
    }

    long next() {
        state += STEP;
        return mix(state);
    }

    private static long mix(long value) {
        long a = (value ^ value >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        long b = (a ^ a >>> 27) * 0x94D0_49BB_1331_11EBL;
        return b ^ b >>> 31;
    }
}
