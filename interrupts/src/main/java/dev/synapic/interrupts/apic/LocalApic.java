// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicError;
import dev.synapic.spec.x86.ApicMode;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.ApicTimerMode;
import dev.synapic.spec.x86.DeliveryMode;
import dev.synapic.spec.x86.DestinationShorthand;
import dev.synapic.spec.x86.GeneralProtectionFault;
import dev.synapic.spec.x86.Lvt;
import dev.synapic.spec.x86.Svr;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * A local APIC.
 *
 * <p>Models: xAPIC and x2APIC mode, priorities, IRR/ISR/TMR, ICR, local vector table, timer, errors, the latches for
 * NMI, INIT and SIPI; vectors that end themselves when taken. Spec: SDM vol. 3A, chapter 12. Not modelled: SMM (SMIs
 * are counted and have no effect), remote read and ExtINT messages (ignored), EOI-broadcast suppression, arbitration
 * priority and remote read registers (read 0), level-triggered LINT pins. Threading: the owner (its processor's thread)
 * calls everything, except the methods under "any thread", which anybody may call, and the inspection methods, which
 * need the owner or a machine at rest.
 */
public final class LocalApic {
    public static final int NO_VECTOR = -1;

    /** The highest id whose x2APIC logical id has room for its cluster (SDM vol. 3A, 12.12.10.2). */
    private static final int HIGHEST_APIC_ID = 0xF_FFFF;

    private static final int VERSION = 0x14;
    private static final int ICR_LOW_BITS = 0xC_CFFF;
    private static final int XAPIC_ID_BITS = 0xFF00_0000;
    private static final int SVR_BITS = Svr.VECTOR | Svr.ENABLE | Svr.NO_FOCUS_CHECK;
    private static final int SVR_AFTER_RESET = 0xFF;

    private static final VarHandle PPR;
    private static final VarHandle SMIS;

    static {
        try {
            PPR = MethodHandles.lookup().findVarHandle(LocalApic.class, "ppr", int.class);
            SMIS = MethodHandles.lookup().findVarHandle(LocalApic.class, "smis", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int initialApicId;
    private final boolean bootstrap;
    private final ApicModel model;
    private final ApicBus bus;
    private final ApicListener listener;
    private final PendingVectors mailbox = new PendingVectors();
    private final ProcessorEvents events;
    private final ErrorStatus errors = new ErrorStatus();
    private final LocalVectorTable lvt;
    private final ApicTimer timer;
    private final ApicRegisters registers;
    private final VectorBitmap irr = new VectorBitmap();
    private final VectorBitmap isr = new VectorBitmap();
    private final VectorBitmap tmr = new VectorBitmap();
    private final VectorBitmap autoEoi = new VectorBitmap();
    private EoiListener[] eoiListeners = {};

    /**
     * What other threads find this APIC by; its fields are the only copies of id, LDR, DFR, mode and software enable.
     */
    private volatile ApicAddress address;

    private long apicBase;
    private int tpr;
    /** Written by the owner, read by any sender that arbitrates. */
    private int ppr;

    private int svr;
    private int icrLow;
    private int icrHigh;
    /** Highest bit of irr; kept with every change of it. */
    private int highestRequest = NO_VECTOR;
    /** Highest bit of isr; kept with every change of it. */
    private int highestInService = NO_VECTOR;

    private int smis;

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
        this.bootstrap = bootstrap;
        this.model = model;
        this.bus = bus;
        this.listener = listener;
        this.events = new ProcessorEvents(bootstrap);
        this.lvt = new LocalVectorTable(model);
        this.timer = new ApicTimer(this, clock, model.nanosPerTick());
        this.registers = new ApicRegisters(this, model.reservedBits());
        this.address = new ApicAddress(ApicMode.XAPIC, initialApicId & 0xFF, initialApicId, 0, -1, false);
        this.apicBase = baseAfterReset();
        this.svr = SVR_AFTER_RESET;
        bus.attach(this);
    }

    public int x2ApicId() {
        return initialApicId;
    }

    /** The id that the current mode goes by: 8 bits in xAPIC mode, 32 in x2APIC mode. */
    public int apicId() {
        ApicAddress now = address;
        return now.x2apic() ? now.x2apicId() : now.xapicId();
    }

    // ---- the guest's side (owner thread)
    // ------------------------------------------------------------------------------------

    /** xAPIC register read; offset is 0 to 0xFFF within the page. All ones where the page is not there. */
    public int readRegister(int offset) {
        return registers.read(offset);
    }

    /** xAPIC register write. */
    public void writeRegister(int offset, int value) {
        registers.write(offset, value);
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
        return apicBase;
    }

    /** Throws GeneralProtectionFault for illegal transitions. */
    public void setApicBase(long value) {
        ApicBaseMsr next = new ApicBaseMsr(value);
        ApicMode from = address.mode();
        ApicMode to = next.mode();
        long reserved =
                ApicBaseMsr.reserved(model.physicalAddressBits()) | (model.x2apic() ? 0 : ApicBaseMsr.X2APIC_ENABLE);
        boolean illegal = (from == ApicMode.X2APIC && to == ApicMode.XAPIC)
                || (from == ApicMode.DISABLED && to == ApicMode.X2APIC);
        if ((value & reserved) != 0 || !next.valid() || illegal) {
            throw GeneralProtectionFault.generalProtection();
        }
        apicBase = value;
        if (from != to) {
            changeMode(from, to);
        }
    }

    private void changeMode(ApicMode from, ApicMode to) {
        ApicAddress now = address;
        if (from == ApicMode.DISABLED) {
            discardArrivals();
            publish(new ApicAddress(to, initialApicId & 0xFF, initialApicId, 0, -1, false));
        } else if (to == ApicMode.X2APIC) {
            int ldr = ApicAddress.x2apicLdr(initialApicId);
            publish(new ApicAddress(to, now.xapicId(), initialApicId, ldr, -1, now.softwareEnabled()));
        } else {
            // The manual lets a disabled APIC forget what it was told (SDM vol. 3A, 12.4.3). TPR stays: it is CR8.
            int priority = tpr;
            publish(new ApicAddress(to, now.xapicId(), initialApicId, 0, -1, false));
            powerUpRegisters();
            setTaskPriority(priority);
        }
    }

    /** IA32_TSC_DEADLINE. */
    public long tscDeadline() {
        requireTscDeadline();
        return timer.tscDeadline();
    }

    public void setTscDeadline(long tscTicks) {
        requireTscDeadline();
        timer.writeTscDeadline(tscTicks);
    }

    private void requireTscDeadline() {
        if (!model.tscDeadline()) {
            throw GeneralProtectionFault.generalProtection();
        }
    }

    public int taskPriority() {
        return tpr;
    }

    /** TPR, 8 bits; MOV to CR8 passes value << 4. */
    public void setTaskPriority(int value) {
        tpr = value & 0xFF;
        updateProcessorPriority();
    }

    /** PPR. Other threads may read a value that is about to change. */
    public int processorPriority() {
        return (int) PPR.getOpaque(this);
    }

    /** Ends the highest in-service interrupt; returns its vector or NO_VECTOR. */
    public int eoi() {
        int vector = highestInService;
        if (vector == NO_VECTOR) {
            listener.eoi(this, NO_VECTOR);
            return NO_VECTOR;
        }
        isr.remove(vector);
        highestInService = isr.highest();
        updateProcessorPriority();
        listener.eoi(this, vector);
        boolean levelTriggered = tmr.contains(vector);
        for (EoiListener eoiListener : eoiListeners) {
            eoiListener.eoi(this, vector, levelTriggered);
        }
        return vector;
    }

    /** ICR, destination in the high half. */
    public long icr() {
        return (long) icrHigh << 32 | Integer.toUnsignedLong(icrLow);
    }

    /** Writes ICR as one 64-bit register, which sends. In xAPIC mode the destination is in bits 63:56. */
    public void writeIcr(long icr) {
        icrHigh = (int) (icr >>> 32) & (x2ApicMode() ? -1 : XAPIC_ID_BITS);
        icrLow = (int) icr & ICR_LOW_BITS;
        send(icr());
    }

    /** The SELF_IPI register: a fixed, edge-triggered vector; ICR keeps its contents. */
    void sendSelfIpi(int vector) {
        send(DestinationShorthand.SELF.bits() | ApicRequest.fixed(vector));
    }

    private void send(long icr) {
        if (!hardwareEnabled()) {
            return;
        }
        int request = ApicRequest.of(icr);
        // The message travels all the same: ESR has a bit of its own for the receiver, "or via a self IPI" (SDM vol.
        // 3A, 12.5.3).
        if (ApicRequest.hasIllegalVector(request)) {
            reportError(ApicError.SEND_ILLEGAL_VECTOR);
        }
        bus.sendIpi(this, icr);
    }

    // ---- the processor's side (owner thread)
    // --------------------------------------------------------------------------------

    /** Takes in what arrived; the highest vector that beats PPR, or NO_VECTOR. */
    public int pendingVector() {
        if (mailbox.hasWork()) {
            takeArrivals();
        }
        int vector = highestRequest;
        return vector > (ppr | 0xF) ? vector : NO_VECTOR;
    }

    /** The processor takes this vector: IRR to ISR, or nowhere for an auto-EOI vector. */
    public void acknowledge(int vector) {
        if (vector < 0 || !irr.contains(vector)) {
            throw new IllegalStateException(
                    "vector " + vector + " is not requested; acknowledge what pendingVector gave");
        }
        irr.remove(vector);
        highestRequest = irr.highest();
        boolean endsItself = autoEoi.contains(vector);
        if (!endsItself) {
            isr.add(vector);
            highestInService = Math.max(highestInService, vector);
            updateProcessorPriority();
        }
        listener.acknowledged(this, vector, endsItself);
    }

    /**
     * NMI, INIT or SIPI waits and the processor can take it: a blocked NMI and a SIPI nobody waits for do not count.
     */
    public boolean hasEvents() {
        if (mailbox.hasWork()) {
            takeArrivals();
        }
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
        powerUpRegisters();
        events.initialized();
        ApicAddress now = address;
        int ldr = now.x2apic() ? now.ldr() : 0;
        publish(new ApicAddress(now.mode(), now.xapicId(), initialApicId, ldr, -1, false));
    }

    /** Power-on. */
    public void reset() {
        powerUpRegisters();
        events.reset();
        SMIS.setVolatile(this, 0);
        apicBase = baseAfterReset();
        publish(new ApicAddress(ApicMode.XAPIC, initialApicId & 0xFF, initialApicId, 0, -1, false));
    }

    private void powerUpRegisters() {
        takeArrivals();
        irr.clear();
        isr.clear();
        tmr.clear();
        highestRequest = NO_VECTOR;
        highestInService = NO_VECTOR;
        svr = SVR_AFTER_RESET;
        icrLow = 0;
        icrHigh = 0;
        lvt.reset();
        errors.reset();
        timer.reset();
        // An error on the way to here may have raised the error interrupt.
        discardArrivals();
        setTaskPriority(0);
    }

    private long baseAfterReset() {
        return ApicBaseMsr.DEFAULT_BASE | ApicBaseMsr.ENABLE | (bootstrap ? ApicBaseMsr.BOOTSTRAP : 0);
    }

    // ---- the timer and other local sources (owner thread)
    // -------------------------------------------------------------------

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
        Lvt entry = new Lvt(lvt.read(lvtOffset));
        if (entry.masked() || !hardwareEnabled()) {
            return;
        }
        if (lvtOffset == ApicRegister.LVT_PERFORMANCE) {
            lvt.write(lvtOffset, entry.bits() | Lvt.MASKED, true);
        }
        boolean modeless = lvtOffset == ApicRegister.LVT_TIMER || lvtOffset == ApicRegister.LVT_ERROR;
        int request = ApicRequest.edge(modeless ? DeliveryMode.FIXED : entry.deliveryMode(), entry.vector());
        if (ApicRequest.hasIllegalVector(request)) {
            reportError(ApicError.RECEIVE_ILLEGAL_VECTOR);
        } else if (accepts(request)) {
            arrive(request);
        }
    }

    /** Whether the processor takes interrupts of an 8259 on LINT0: an unmasked ExtINT entry, or no APIC in the way. */
    public boolean acceptsExtInt() {
        Lvt lint0 = new Lvt(lvt.read(ApicRegister.LVT_LINT0));
        return !hardwareEnabled() || (!lint0.masked() && lint0.deliveryMode() == DeliveryMode.EXTINT);
    }

    /** Notes an error; the first of its kind since the last write of ESR raises the error interrupt. */
    void reportError(int error) {
        if (!errors.record(error)) {
            return;
        }
        Lvt entry = new Lvt(lvt.read(ApicRegister.LVT_ERROR));
        if (entry.masked()) {
            return;
        }
        if (entry.vector() < ApicError.FIRST_LEGAL_VECTOR) {
            // Noted without another error interrupt, which would have the same vector (XSA-462).
            errors.record(ApicError.RECEIVE_ILLEGAL_VECTOR);
        } else {
            arrive(ApicRequest.fixed(entry.vector()));
        }
    }

    // ---- front ends (owner thread)
    // ------------------------------------------------------------------------------------------

    /** Vectors that end themselves when taken; the caller edits the set. */
    public VectorBitmap autoEoiVectors() {
        return autoEoi;
    }

    /** Listeners are called in the order in which they came. */
    public void onEoi(EoiListener eoiListener) {
        EoiListener[] more = Arrays.copyOf(eoiListeners, eoiListeners.length + 1);
        more[eoiListeners.length] = eoiListener;
        eoiListeners = more;
    }

    // ---- any thread
    // ---------------------------------------------------------------------------------------------------------

    /** Whether it would accept the request now (fixed: software enabled, level asserted, legal vector). */
    public boolean accepts(int request) {
        ApicAddress now = address;
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

    /**
     * An accepted request reaches the mailbox. It was accepted when it was sent: what happens to SVR meanwhile does not
     * matter.
     */
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
                coalesced = mailbox.post(vector, ApicRequest.levelTriggered(request)) || irr.contains(vector);
            }
            case NMI -> mailbox.postNmi();
            case INIT -> mailbox.postInit();
            case STARTUP -> mailbox.postSipi(vector);
            case SMI -> SMIS.getAndAdd(this, 1);
            case REMOTE_READ, EXTINT -> {
                return;
            }
        }
        listener.arrived(this, request, coalesced);
    }

    /** Whether a request that it does not accept still leaves a mark in its ESR. */
    boolean notesIllegalVector(int request) {
        return ApicRequest.hasIllegalVector(request) && address.softwareEnabled();
    }

    /** The latest published address. */
    ApicAddress address() {
        return address;
    }

    // ---- inspection
    // ---------------------------------------------------------------------------------------------------------

    /** Requested vectors, those in the mailbox included. Live: not for the caller to change. */
    public VectorBitmap irr() {
        takeArrivals();
        return irr;
    }

    /** Vectors in service. Live: not for the caller to change. */
    public VectorBitmap isr() {
        return isr;
    }

    /** Vectors whose last request was level-triggered. Live: not for the caller to change. */
    public VectorBitmap tmr() {
        takeArrivals();
        return tmr;
    }

    /** The highest vector in service, or NO_VECTOR. */
    public int highestInService() {
        return highestInService;
    }

    /** The highest requested vector, whether or not it beats PPR; or NO_VECTOR. */
    public int highestRequested() {
        takeArrivals();
        return highestRequest;
    }

    public ApicMode mode() {
        return address.mode();
    }

    public boolean hardwareEnabled() {
        return address.hardwareEnabled();
    }

    public boolean softwareEnabled() {
        return address.softwareEnabled();
    }

    public boolean x2ApicMode() {
        return address.x2apic();
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

    /** SMIs that came since power-on. */
    public int smiCount() {
        return (int) SMIS.getVolatile(this);
    }

    /** The LVT entry at this register offset, as {@link Lvt} shows it. */
    public int lvt(int offset) {
        return lvt.read(offset);
    }

    public ApicTimerMode timerMode() {
        return timer.mode();
    }

    public int spuriousVectorRegister() {
        return svr;
    }

    public int logicalDestination() {
        return address.ldr();
    }

    public int destinationFormat() {
        return address.dfr();
    }

    /** ESR as the guest reads it. */
    public int errorStatus() {
        return errors.visible();
    }

    // ---- registers (owner thread)
    // -------------------------------------------------------------------------------------------

    ApicTimer timer() {
        return timer;
    }

    LocalVectorTable localVectorTable() {
        return lvt;
    }

    int version() {
        return lvt.highestEntry() << 16 | VERSION;
    }

    void writeXapicId(int value) {
        ApicAddress now = address;
        publish(new ApicAddress(now.mode(), value >>> 24, initialApicId, now.ldr(), now.dfr(), now.softwareEnabled()));
    }

    void writeLogicalDestination(int value) {
        ApicAddress now = address;
        int ldr = value & XAPIC_ID_BITS;
        publish(new ApicAddress(now.mode(), now.xapicId(), initialApicId, ldr, now.dfr(), now.softwareEnabled()));
    }

    void writeDestinationFormat(int value) {
        ApicAddress now = address;
        int dfr = value | 0x0FFF_FFFF;
        publish(new ApicAddress(now.mode(), now.xapicId(), initialApicId, now.ldr(), dfr, now.softwareEnabled()));
    }

    void writeSpuriousVector(int value) {
        timer.settle();
        svr = value & SVR_BITS;
        boolean enabled = new Svr(svr).softwareEnabled();
        if (!enabled) {
            lvt.maskAll();
        }
        ApicAddress now = address;
        publish(new ApicAddress(now.mode(), now.xapicId(), initialApicId, now.ldr(), now.dfr(), enabled));
    }

    void writeErrorStatus() {
        takeArrivals();
        errors.latch();
    }

    void writeLvt(int offset, int value) {
        if (offset == ApicRegister.LVT_TIMER) {
            timer.settle();
        }
        lvt.write(offset, value, softwareEnabled());
        if (offset == ApicRegister.LVT_TIMER) {
            timer.changeMode(new Lvt(lvt.read(offset)).timerMode());
        }
    }

    void writeIcrHigh(int value) {
        icrHigh = value & XAPIC_ID_BITS;
    }

    void writeIcrLow(int value) {
        writeIcr((icr() & ~0xFFFF_FFFFL) | (value & 0xFFFF_FFFFL));
    }

    private void publish(ApicAddress next) {
        if (!next.equals(address)) {
            address = next;
            bus.addressChanged();
        }
    }

    private void takeArrivals() {
        while (mailbox.hasWork()) {
            mailbox.beginTake();
            takeWords();
            int word = mailbox.takeEvents();
            if (word != 0) {
                events.take(word);
            }
            if ((word & PendingVectors.ILLEGAL_VECTOR) != 0) {
                reportError(ApicError.RECEIVE_ILLEGAL_VECTOR);
            }
        }
    }

    private void takeWords() {
        if (!hardwareEnabled()) {
            discardArrivals();
            return;
        }
        for (int i = 3; i >= 0; i--) {
            long bits = mailbox.take(i);
            if (bits != 0) {
                tmr.setWord(i, (tmr.word(i) & ~bits) | (mailbox.levels(i) & bits));
                irr.setWord(i, irr.word(i) | bits);
                highestRequest = Math.max(highestRequest, (i << 6) + 63 - Long.numberOfLeadingZeros(bits));
            }
        }
    }

    /** Requests that were under way to an APIC that has been disabled or reset since. */
    private void discardArrivals() {
        for (int i = 0; i < 4; i++) {
            mailbox.take(i);
        }
    }

    private void updateProcessorPriority() {
        int service = highestInService == NO_VECTOR ? 0 : highestInService & 0xF0;
        PPR.setOpaque(this, (tpr & 0xF0) >= service ? tpr : service);
    }
}
