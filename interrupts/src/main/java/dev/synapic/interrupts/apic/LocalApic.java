// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import dev.synapic.spec.x86.ApicError;
import dev.synapic.spec.x86.ApicMode;
import dev.synapic.spec.x86.ApicTimerMode;
import dev.synapic.spec.x86.GeneralProtectionFault;
import dev.synapic.spec.x86.Svr;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A local APIC.
 *
 * <p>Models: xAPIC and x2APIC mode, priorities, IRR/ISR/TMR, ICR, local vector table, timer, errors, the latches for
 * NMI, INIT and SIPI; vectors that end themselves when taken. Spec: SDM vol. 3A, chapter 12. Not modelled: SMM (SMIs
 * are counted and have no effect), remote read and ExtINT messages (ignored), arbitration priority and remote read
 * registers (read 0). Threading: the owner (its processor's thread)
 * calls everything, except the methods under "any thread", which anybody may call; inspection needs the owner, or a
 * machine at rest.
 *
 * <p>No path that a guest takes often allocates: sending, arriving, taking, ending, and access to registers, except
 * where a write changes mode, id, LDR, DFR or software enablement.
 */
public final class LocalApic {
    public static final int NO_VECTOR = -1;
    /** The highest id whose x2APIC logical id has room for its cluster (SDM vol. 3A, 12.12.10.2). */
    private static final int HIGHEST_APIC_ID = 0xF_FFFF;

    private final int initialApicId;
    private final ApicModel model;
    private final ApicBus bus;
    private final ApicListener listener;
    private final ApicIdentity identity;
    private final PendingVectors mailbox = new PendingVectors();
    private final PriorityLogic priorities = new PriorityLogic();
    private final ProcessorEvents events;
    private final LocalVectorTable lvt;
    private final ApicTimer timer;
    private final ApicRegisters registers;
    private final ApicParts parts;
    private EoiListener[] eoiListeners = {};
    private final AtomicInteger smis = new AtomicInteger();

    /** A {@link ApicModel#DEFAULT} local APIC. */
    public LocalApic(int initialApicId, boolean bootstrap, ApicBus bus, ApicClock clock, ApicListener listener) {
        this(initialApicId, bootstrap, ApicModel.DEFAULT, bus, clock, listener);
    }

    /** initialApicId is also the x2APIC id; bootstrap is the BSP bit of IA32_APIC_BASE. */
    public LocalApic(
            int initialApicId,
            boolean bootstrap,
            ApicModel model,
            ApicBus bus,
            ApicClock clock,
            ApicListener listener) {
        if (initialApicId < 0 || initialApicId > HIGHEST_APIC_ID) {
            throw new IllegalArgumentException("APIC id is " + initialApicId + "; give 0 to " + HIGHEST_APIC_ID);
        }
        this.initialApicId = initialApicId;
        this.model = model;
        this.bus = bus;
        this.listener = listener;
        this.identity = new ApicIdentity(initialApicId, bootstrap, model, bus);
        this.events = new ProcessorEvents(bootstrap);
        this.lvt = new LocalVectorTable(this, model);
        this.timer = new ApicTimer(lvt, clock, model.nanosPerTick());
        this.registers = new ApicRegisters(this, identity, lvt, timer, model);
        this.parts = new ApicParts(identity, mailbox, priorities, registers, lvt, timer, events);
        bus.attach(this);
    }

    /** The initial id, 0 to 0xFFFFF, whatever the mode. */
    public int x2ApicId() {
        return initialApicId;
    }

    /** The id that the current mode goes by: 8 bits in xAPIC mode, 32 in x2APIC mode. */
    public int apicId() {
        ApicAddress now = address();
        return now.x2apic() ? now.x2apicId() : now.xapicId();
    }

    // ---- the guest's side (owner thread) ----------------------------------------------------------------------------

    /** xAPIC register read; offset is 0 to 0xFFF within the page. All ones where the page is not there. */
    public int readRegister(int offset) {
        return registers.read(offset);
    }

    /** xAPIC register write, lost where the page is not there. */
    public void writeRegister(int offset, int value) {
        registers.write(offset, value);
    }

    /** A read of size 1, 2, 4 or 8 bytes in the page, zero-extended; what lies beside a register's four bytes is zero. */
    public long readMmio(int offset, int size) {
        return registers.readMmio(offset, size);
    }

    /** A write in the page; anything but four bytes on a multiple of 16 is ignored. */
    public void writeMmio(int offset, int size, long value) {
        registers.writeMmio(offset, size, value);
    }

    /** RDMSR of 0x800-0x8FF. Throws GeneralProtectionFault outside x2APIC mode and for registers that do not exist. */
    public long readMsr(int msr) {
        return registers.readMsr(msr);
    }

    /** WRMSR of 0x800-0x8FF. Throws GeneralProtectionFault as {@link #readMsr}, and for reserved bits. */
    public void writeMsr(int msr, long value) {
        registers.writeMsr(msr, value);
    }

    /** IA32_APIC_BASE. */
    public long apicBase() {
        return identity.base();
    }

    /** Throws GeneralProtectionFault for illegal transitions. */
    public void setApicBase(long value) {
        takeArrivals();
        boolean wasEnabled = hardwareEnabled();
        identity.setBase(value);
        if (wasEnabled && !hardwareEnabled()) {
            // The manual lets a disabled APIC forget what it was told (SDM vol. 3A, 12.4.3). TPR stays: it is CR8.
            forget();
        }
    }

    /** IA32_TSC_DEADLINE. */
    public long tscDeadline() {
        requireTscDeadline();
        return timer.tscDeadline();
    }

    /** In TSC ticks; 0 disarms, a time that is over fires at once, other timer modes ignore it. #GP where the model lacks it. */
    public void setTscDeadline(long tscTicks) {
        requireTscDeadline();
        timer.writeTscDeadline(tscTicks);
    }

    private void requireTscDeadline() {
        if (!model.tscDeadline()) {
            throw GeneralProtectionFault.generalProtection();
        }
    }

    /** TPR, 8 bits. */
    public int taskPriority() {
        return priorities.taskPriority();
    }

    /** TPR, 8 bits; MOV to CR8 passes its value times 16. Works in a disabled APIC too. */
    public void setTaskPriority(int value) {
        priorities.setTaskPriority(value);
    }

    /** Ends the highest in-service interrupt; returns its vector or NO_VECTOR. */
    public int eoi() {
        // TMR is what the last accepted request made it, one in the mailbox included.
        takeArrivals();
        int vector = priorities.endOfInterrupt();
        listener.eoi(this, vector);
        if (vector == NO_VECTOR) {
            return NO_VECTOR;
        }
        boolean levelTriggered = priorities.tmr().contains(vector);
        lvt.endOfInterrupt(vector);
        for (EoiListener eoiListener : eoiListeners) {
            eoiListener.eoi(this, vector, levelTriggered);
        }
        return vector;
    }

    /** ICR, destination in the high half. */
    public long icr() {
        return registers.icr();
    }

    /** Writes ICR as one 64-bit register, which sends. In xAPIC mode the destination is in bits 63:56. */
    public void writeIcr(long icr) {
        registers.writeIcr(icr);
    }

    void send(long icr) {
        if (!hardwareEnabled()) {
            return;
        }
        // The message travels all the same: ESR has a bit of its own for the receiver, "or via a self IPI" (12.5.3).
        if (ApicRequest.hasIllegalVector(ApicRequest.of(icr))) {
            lvt.report(ApicError.SEND_ILLEGAL_VECTOR);
        }
        bus.sendIpi(this, icr);
    }

    // ---- the processor's side (owner thread) ------------------------------------------------------------------------

    /** Takes in what arrived; the highest vector that beats PPR, or NO_VECTOR. */
    public int pendingVector() {
        if (mailbox.hasWork()) {
            takeArrivals();
        }
        return priorities.deliverable();
    }

    /** The processor takes this vector: IRR to ISR, or nowhere for an auto-EOI vector. */
    public void acknowledge(int vector) {
        boolean endsItself = priorities.acknowledge(vector);
        listener.acknowledged(this, vector, endsItself);
    }

    /**
     * The processor answers an interrupt that it was told of earlier: the vector that it takes now. Where none beats PPR any more, since TPR
     * rose or the APIC was reset in between, the spurious vector (SVR 7:0), which sets no ISR bit and needs no EOI (SDM vol. 3A, 12.9).
     */
    public int acknowledgeOrSpurious() {
        int vector = pendingVector();
        if (vector == NO_VECTOR) {
            return spuriousVectorRegister() & Svr.VECTOR;
        }
        acknowledge(vector);
        return vector;
    }

    /** NMI, INIT or SIPI waits and can be taken: a blocked NMI and a SIPI that nobody waits for do not count. */
    public boolean hasEvents() {
        takeArrivals();
        return events.any();
    }

    /** The processor takes an NMI; until {@link #unblockNmi} one more is latched and none given. */
    public boolean takeNmi() {
        takeArrivals();
        return events.takeNmi();
    }

    /** The processor executed IRET. */
    public void unblockNmi() {
        takeArrivals();
        events.unblockNmi();
    }

    /** The processor takes an INIT; it goes on to call {@link #init}. */
    public boolean takeInit() {
        takeArrivals();
        return events.takeInit();
    }

    /** The start-up vector, or NO_VECTOR. */
    public int takeSipi() {
        takeArrivals();
        return events.takeSipi();
    }

    /** What INIT does to the APIC (SDM vol. 3A, 12.4.7.3): as power-on, but mode, base and ids stay. */
    public void init() {
        identity.init();
        forget();
        setTaskPriority(0);
        events.initialized();
    }

    /** Power-on. */
    public void reset() {
        identity.reset();
        forget();
        setTaskPriority(0);
        events.reset();
        smis.set(0);
    }

    /** All state, after what arrived is taken in. */
    public LocalApicState save() {
        takeArrivals();
        return parts.save(initialApicId, smis.get());
    }

    /** Takes all over and sends nothing. Throws IllegalArgumentException for what this APIC cannot be. */
    public void restore(LocalApicState state) {
        parts.restore(state, initialApicId, model);
        smis.set(state.smis());
    }

    ApicParts parts() {
        return parts;
    }

    /** Registers as after power-on, but for TPR. */
    private void forget() {
        takeArrivals();
        priorities.clear();
        registers.reset();
        lvt.reset();
        timer.reset();
    }

    // ---- the timer and other local sources (owner thread) -----------------------------------------------------------

    /** When the timer fires next, in {@link ApicClock#nanos}, or Long.MAX_VALUE. */
    public long timerDeadlineNanos() {
        return timer.nextDeadlineNanos();
    }

    /** Called at or after the deadline. */
    public void expireTimer() {
        timer.settle();
    }

    /** A local source fires the LVT entry at this register offset; for LINT pins, an edge. */
    public void signal(int lvtOffset) {
        lvt.signal(lvtOffset);
    }

    /** The pin LINT0 or LINT1 (0 or 1) rises or falls. A pin that an 8259 drives is asked with its chip, too. */
    public void lint(int pin, boolean high) {
        lvt.setPin(pin, high);
    }

    /** A request of a pin is on its way to this APIC, as a message of a device. */
    void carry(int request) {
        bus.carry(this, request);
    }

    /** Whether the processor takes interrupts of an 8259: LINT0 passes them on, or no APIC is in the way. */
    public boolean acceptsExtInt() {
        return !hardwareEnabled() || lvt.passesExtInt();
    }

    // ---- front ends (owner thread) ----------------------------------------------------------------------------------

    /** Vectors that end themselves when taken; the caller edits the set. */
    public VectorBitmap autoEoiVectors() {
        return priorities.autoEoi();
    }

    /** Listeners are called in the order in which they came. */
    public void onEoi(EoiListener eoiListener) {
        EoiListener[] more = Arrays.copyOf(eoiListeners, eoiListeners.length + 1);
        more[eoiListeners.length] = eoiListener;
        eoiListeners = more;
    }

    // ---- any thread -------------------------------------------------------------------------------------------------

    /** Whether it would accept the request now (fixed: software enabled, level asserted, legal vector). */
    public boolean accepts(int request) {
        ApicAddress now = address();
        if (!now.hardwareEnabled()) {
            return false;
        }
        return switch (ApicRequest.mode(request)) {
            case FIXED, LOWEST_PRIORITY ->
                now.softwareEnabled()
                        && !ApicRequest.deasserts(request)
                        && ApicRequest.vector(request) >= ApicError.FIRST_LEGAL_VECTOR;
            case INIT -> !ApicRequest.deasserts(request);
            case NMI, SMI, STARTUP -> true;
            case REMOTE_READ, EXTINT -> false;
        };
    }

    /** An accepted request reaches the mailbox. It was accepted when it was sent; what happens to SVR meanwhile does not matter. */
    public void arrive(int request) {
        boolean coalesced = false;
        int vector = ApicRequest.vector(request);
        switch (ApicRequest.mode(request)) {
            case FIXED, LOWEST_PRIORITY -> {
                if (vector < ApicError.FIRST_LEGAL_VECTOR) {
                    mailbox.postIllegalVector();
                    return;
                }
                // IRR is the owner's: another thread may see it late, and only the listener cares.
                coalesced = mailbox.post(vector, ApicRequest.levelTriggered(request))
                        || priorities.irr().contains(vector);
            }
            case NMI -> mailbox.postNmi();
            case INIT -> mailbox.postInit();
            case STARTUP -> mailbox.postSipi(vector);
            case SMI -> smis.incrementAndGet();
            case REMOTE_READ, EXTINT -> {
                return;
            }
        }
        listener.arrived(this, request, coalesced);
    }

    /** Whether a request that it does not accept still leaves a mark in its ESR. */
    boolean notesIllegalVector(int request) {
        return ApicRequest.hasIllegalVector(request) && softwareEnabled();
    }

    ApicAddress address() {
        return identity.address();
    }

    /** PPR. Another thread's reading may be about to change. */
    public int processorPriority() {
        return priorities.processorPriority();
    }

    /** The mode that IA32_APIC_BASE says. */
    public ApicMode mode() {
        return address().mode();
    }

    /** EN of IA32_APIC_BASE: in xAPIC or x2APIC mode. */
    public boolean hardwareEnabled() {
        return address().hardwareEnabled();
    }

    /** SVR bit 8. */
    public boolean softwareEnabled() {
        return address().softwareEnabled();
    }

    /** EXTD of IA32_APIC_BASE. */
    public boolean x2ApicMode() {
        return address().x2apic();
    }

    /** Whether the guest asked, by SVR bit 12, to tell I/O APICs by itself; any thread may see it late. */
    public boolean suppressesEoiBroadcast() {
        return model.directedEoi() == DirectedEoi.ENABLED && registers.eoiBroadcastSuppressed();
    }

    /** SMIs that came since power-on. */
    public int smiCount() {
        return smis.get();
    }

    // ---- inspection -------------------------------------------------------------------------------------------------

    /** Requested vectors, those in the mailbox included. Live: not for the caller to change. */
    public VectorBitmap irr() {
        takeArrivals();
        return priorities.irr();
    }

    /** Vectors in service. Live: not for the caller to change. */
    public VectorBitmap isr() {
        return priorities.isr();
    }

    /** Vectors whose last request was level-triggered. Live: not for the caller to change. */
    public VectorBitmap tmr() {
        takeArrivals();
        return priorities.tmr();
    }

    /** The highest vector in service, or NO_VECTOR. */
    public int highestInService() {
        return priorities.highestInService();
    }

    /** The highest requested vector, whether or not it beats PPR; or NO_VECTOR. */
    public int highestRequested() {
        takeArrivals();
        return priorities.highestRequest();
    }

    /** An application processor that does nothing until a SIPI comes. */
    public boolean waitingForSipi() {
        return events.waitingForSipi();
    }

    /** NMIs that wait, 0 to 2. */
    public int pendingNmis() {
        takeArrivals();
        return events.pendingNmis();
    }

    /** The LVT entry at this register offset, as {@link dev.synapic.spec.x86.Lvt} shows it. */
    public int lvt(int offset) {
        return lvt.read(offset);
    }

    /** Bits 18:17 of the timer's LVT entry. */
    public ApicTimerMode timerMode() {
        return timer.mode();
    }

    /** SVR. */
    public int spuriousVectorRegister() {
        return registers.svr();
    }

    /** LDR. */
    public int logicalDestination() {
        return address().ldr();
    }

    /** DFR. */
    public int destinationFormat() {
        return address().dfr();
    }

    /** ESR as the guest reads it. */
    public int errorStatus() {
        return lvt.errors().visible();
    }

    /** Takes in what is in the mailbox. */
    void takeArrivals() {
        while (mailbox.hasWork()) {
            mailbox.beginTake();
            if (hardwareEnabled()) {
                priorities.take(mailbox);
            } else {
                mailbox.discardVectors();
            }
            int word = mailbox.takeEvents();
            if (word != 0) {
                events.take(word);
                if ((word & PendingVectors.ILLEGAL_VECTOR) != 0) {
                    lvt.report(ApicError.RECEIVE_ILLEGAL_VECTOR);
                }
            }
        }
    }
}
