// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

/** What the processor asks of the platform around it: identity, time, task priority. */
public interface PlatformPort {
    /** The guest executes CPUID: puts EAX, EBX, ECX, EDX of a leaf into result[0..3]. */
    void cpuid(int leaf, int subleaf, int[] result);

    /** What CPUID would answer, for the processor itself, which does what it says. */
    void identify(int leaf, int subleaf, int[] result);

    /** The time-stamp counter as RDTSC reads it, in TSC ticks. */
    long readTsc();

    /** 64 random bits, for RDRAND and RDSEED. */
    long random();

    /** A PAUSE was executed. */
    void pause();

    /** CR0, CR3 or CR4 was written, for which the processor empties its pipeline. */
    void controlRegisterWritten();

    /** CR8, that is TPR bits 7:4 (SDM vol. 3A, 12.8.6). */
    int readCr8();

    /** Writes CR8; value is 0 to 15. */
    void writeCr8(int value);

    /** An instruction that this engine does not know raised #UD; bytes[0..length) are its first bytes. */
    void undefinedInstruction(long rip, byte[] bytes, int length);
}
