// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.guestmem.GuestMemory;
import java.util.function.LongSupplier;

/**
 * The machine-wide registers of the Hyper-V interface: who the guest is, its hypercall page, time and frequencies.
 *
 * <ul>
 *   <li>Models: GUEST_OS_ID, HYPERCALL (code is written into the page that the guest names), TIME_REF_COUNT through a
 *       port, the two frequencies.
 *   <li>Spec: TLFS, "Establishing the Hypercall Interface", "Partition Reference Time".
 *   <li>Not modelled: the hypercall page as an overlay: its code stays in RAM after disabling; reference TSC page.
 *   <li>Threading: any vCPU's thread; guests write these registers once, from one VP.
 * </ul>
 */
public final class HypervPartition {
    private static final long HYPERCALL_ENABLE = 1;
    private static final long HYPERCALL_LOCKED = 2;
    private static final long GPA_MASK = ~0xFFFL;

    /** Which instruction the hypercall page holds. */
    public enum HypercallInstruction {
        /** Intel. */
        VMCALL(new byte[] {0x0F, 0x01, (byte) 0xC1, (byte) 0xC3}),
        /** AMD. */
        VMMCALL(new byte[] {0x0F, 0x01, (byte) 0xD9, (byte) 0xC3});

        /** The instruction and RET. */
        @SuppressWarnings("ImmutableEnumChecker") // the array never leaves
        private final byte[] code;

        HypercallInstruction(byte[] code) {
            this.code = code;
        }
    }

    private final GuestMemory memory;
    private final HypercallInstruction instruction;
    private final LongSupplier referenceTime;
    private final long tscHz;
    private final long apicHz;
    private volatile long guestOsId;
    private volatile long hypercall;

    /**
     * referenceTime counts 100 ns units since the partition's start; apicHz is the APIC timer's rate before its
     * divider.
     */
    public HypervPartition(
            GuestMemory memory, HypercallInstruction instruction, LongSupplier referenceTime, long tscHz, long apicHz) {
        this.memory = memory;
        this.instruction = instruction;
        this.referenceTime = referenceTime;
        this.tscHz = tscHz;
        this.apicHz = apicHz;
    }

    /** Whether VMCALL belongs to this interface: a guest announces itself first. */
    public boolean hypercallsEnabled() {
        return guestOsId != 0;
    }

    public long guestOsId() {
        return guestOsId;
    }

    /** 0 takes the hypercall page away. */
    public synchronized void setGuestOsId(long value) {
        guestOsId = value;
        if (value == 0) {
            hypercall &= ~HYPERCALL_ENABLE;
        }
    }

    public long hypercall() {
        return hypercall;
    }

    /** Ignored while the guest has not announced itself; #GP once locked, and where the page is not RAM. */
    public synchronized void setHypercall(long value) {
        if (guestOsId == 0) {
            return;
        }
        if ((hypercall & HYPERCALL_LOCKED) != 0) {
            throw generalProtection();
        }
        if ((value & HYPERCALL_ENABLE) != 0) {
            long page = value & GPA_MASK;
            if (!memory.contains(page, GuestMemory.PAGE_SIZE)) {
                throw generalProtection();
            }
            memory.putBytes(page, instruction.code);
        }
        hypercall = value;
    }

    public long referenceTime() {
        return referenceTime.getAsLong();
    }

    public long tscHz() {
        return tscHz;
    }

    public long apicHz() {
        return apicHz;
    }

    /** System reset; unlocks. */
    public synchronized void reset() {
        guestOsId = 0;
        hypercall = 0;
    }

    /** The two registers, for save and restore; restoring writes no guest memory. */
    public record State(int version, long guestOsId, long hypercall) {
        public static final int CURRENT_VERSION = 1;

        public State {
            if (version != CURRENT_VERSION) {
                throw new IllegalArgumentException(
                        "partition state version " + version + " is unknown; this build reads " + CURRENT_VERSION);
            }
        }
    }

    public synchronized State save() {
        return new State(State.CURRENT_VERSION, guestOsId, hypercall);
    }

    public synchronized void restore(State state) {
        guestOsId = state.guestOsId();
        hypercall = state.hypercall();
    }
}
