// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

/** Local APIC. Skeleton: the signatures that the rest of the house builds upon. */
public final class LocalApic {
    public static final int NO_VECTOR = -1;

    private final int initialApicId;

    /** initialApicId is also the x2APIC id; bootstrap is the BSP bit of IA32_APIC_BASE. */
    public LocalApic(int initialApicId, boolean bootstrap, ApicBus bus, ApicClock clock, ApicListener listener) {
        this.initialApicId = initialApicId;
        bus.attach(this);
    }

    public int x2ApicId() {
        return initialApicId;
    }

    // ---- the guest's side (owner thread) ------------------------------------------------------------------------------------

    /** xAPIC register read; offset is 0 to 0xFFF within the page. */
    public int readRegister(int offset) {
        return 0;
    }

    public void writeRegister(int offset, int value) {}

    /** RDMSR of 0x800-0x8FF. Throws GeneralProtectionFault outside x2APIC mode and for registers that do not exist. */
    public long readMsr(int msr) {
        return 0;
    }

    public void writeMsr(int msr, long value) {}

    /** IA32_APIC_BASE. */
    public long apicBase() {
        return 0;
    }

    /** Throws GeneralProtectionFault for illegal transitions. */
    public void setApicBase(long value) {}

    /** IA32_TSC_DEADLINE. */
    public long tscDeadline() {
        return 0;
    }

    public void setTscDeadline(long tscTicks) {}

    public int taskPriority() {
        return 0;
    }

    /** TPR, 8 bits; MOV to CR8 passes value << 4. */
    public void setTaskPriority(int value) {}

    public int processorPriority() {
        return 0;
    }

    /** Ends the highest in-service interrupt; returns its vector or NO_VECTOR. */
    public int eoi() {
        return NO_VECTOR;
    }

    // ---- the processor's side (owner thread) --------------------------------------------------------------------------------

    /** Takes in what arrived; the highest vector that beats PPR, or NO_VECTOR. */
    public int pendingVector() {
        return NO_VECTOR;
    }

    /** The processor takes this vector: IRR to ISR, or nowhere for an auto-EOI vector. */
    public void acknowledge(int vector) {}

    /** NMI, INIT, SIPI or SMI waits. */
    public boolean hasEvents() {
        return false;
    }

    public boolean takeNmi() {
        return false;
    }

    public boolean takeInit() {
        return false;
    }

    /** The start-up vector, or NO_VECTOR. */
    public int takeSipi() {
        return NO_VECTOR;
    }

    /** What INIT does to the APIC (SDM vol. 3A, 12.4.7.3). */
    public void init() {}

    /** Power-on. */
    public void reset() {}

    // ---- the timer ----------------------------------------------------------------------------------------------------------

    /** When the timer fires next, in {@link ApicClock#nanos}, or Long.MAX_VALUE. */
    public long timerDeadlineNanos() {
        return Long.MAX_VALUE;
    }

    /** Called at or after the deadline. */
    public void expireTimer() {}

    // ---- front ends (owner thread) ------------------------------------------------------------------------------------------

    /** Vectors that end themselves when taken; the caller edits the set. */
    public VectorBitmap autoEoiVectors() {
        throw new IllegalStateException("skeleton");
    }

    public void onEoi(EoiListener listener) {}

    // ---- any thread ---------------------------------------------------------------------------------------------------------

    /** Whether it would accept the request now (fixed: software enabled, level asserted). */
    public boolean accepts(int request) {
        return false;
    }

    /** An accepted request reaches the mailbox. */
    public void arrive(int request) {}

    // ---- inspection ---------------------------------------------------------------------------------------------------------

    public VectorBitmap irr() {
        throw new IllegalStateException("skeleton");
    }

    public VectorBitmap isr() {
        throw new IllegalStateException("skeleton");
    }
}
