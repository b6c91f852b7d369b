// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

/**
 * How virtual CPUs share packages, as CPUID tells it (SDM vol. 3A, 10.9): APIC ids count threads within cores within dies within
 * packages, without gaps.
 *
 * @param dies of a package
 * @param cores of a die
 * @param threads of a core
 */
public record CpuTopology(int dies, int cores, int threads) {
    public CpuTopology {
        if (dies < 1 || cores < 1 || threads < 1) {
            throw new ConfigurationException("-smp: dies, cores and threads count from 1");
        }
    }

    /** One package of so many cores with one thread each. */
    static CpuTopology ofCores(int cores) {
        return new CpuTopology(1, cores, 1);
    }

    /** Threads of a package. */
    int threadsInPackage() {
        return dies * cores * threads;
    }

    int threadsInDie() {
        return cores * threads;
    }

    /** Bits of an APIC id that tell apart so many threads. */
    static int idBits(int count) {
        return Integer.SIZE - Integer.numberOfLeadingZeros(count - 1);
    }

    /** An id field of its own for each level leaves gaps unless all levels but the outermost have a power of two. */
    void check(int vcpus) {
        boolean packages = vcpus > threadsInPackage();
        boolean manyDies = packages || dies > 1;
        if (!(powerOfTwo(threads) || threads >= vcpus)
                || !powerOfTwo(cores) && manyDies
                || !powerOfTwo(dies) && packages) {
            throw new ConfigurationException(
                    ("-smp %d,dies=%d,cores=%d,threads=%d: APIC ids would have gaps; what is inside"
                                    + " something else comes in powers of two")
                            .formatted(vcpus, dies, cores, threads));
        }
    }

    private static boolean powerOfTwo(int n) {
        return Integer.bitCount(n) == 1;
    }
}
