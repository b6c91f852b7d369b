// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicRequest;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.VectorBitmap;
import dev.synapic.interrupts.routing.Errno;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HvSimp;
import dev.synapic.spec.hyperv.HvSint;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.IntConsumer;

/**
 * The synthetic interrupt controller of one virtual processor.
 *
 * <ul>
 *   <li>Models: activation by the VMM in KVM's two flavours; SCONTROL, SVERSION, SIEFP, SIMP, EOM and sixteen SINTs
 *       (vector, masked, auto-EOI, polling; several on one vector); raising a SINT; the two ends of its interrupt, EOI
 *       and EOM; posting of messages and flags by producers within the fabric.
 *   <li>Spec: TLFS, "Virtual Interrupt Controller" and "Inter-Partition Communication"; where KVM differs: docs,
 *       semantics-hyperv.
 *   <li>Not modelled: proxy and as-intercept (stored only), VTLs, the nested register bank, SIRBP, message queues
 *       (producers keep their own messages and take turns, {@link SlotTurns}). SCONTROL.enable does not stop
 *       {@link #raise}: it is the producer's to obey.
 *   <li>Threading: the owner vCPU's thread, except {@link #raise}, {@link #signalEvent} and all queries, which any
 *       thread may call.
 * </ul>
 *
 * <p>The SINT registers are the only truth. Vector sets are computed from them when asked for; the APIC's auto-EOI set
 * is computed anew from all sixteen after each change.
 */
public final class SynIc {
    /** SVERSION's value. */
    public static final long VERSION = 1;

    /** The two capabilities by which a VMM switches a SynIC on. */
    public enum Activation {
        /** KVM_CAP_HYPERV_SYNIC: a page is zeroed whenever the guest enables it. */
        SYNIC,
        /** KVM_CAP_HYPERV_SYNIC2: a page is the guest's to initialize. */
        SYNIC2
    }

    private final int vpIndex;
    private final LocalApic apic;
    private final ApicBus bus;
    private final GuestMemory memory;
    private final SynIcListener listener;
    private final SlotTurns turns;
    private final OverlayPages overlays;
    private final OverlayPage messagePage;
    private final OverlayPage eventPage;
    private final AtomicLongArray sints = new AtomicLongArray(HvSint.COUNT);
    private volatile boolean active;
    private volatile boolean zeroesPages;
    private volatile long scontrol;
    private volatile long siefp;
    private volatile long simp;
    private long sversion = VERSION;
    private IntConsumer producer = sint -> {};

    /** turns is the machine's, shared with whoever else posts messages. Pages are in RAM. */
    public SynIc(
            int vpIndex, LocalApic apic, ApicBus bus, GuestMemory memory, SlotTurns turns, SynIcListener listener) {
        this(vpIndex, apic, bus, memory, turns, new OverlayPages(memory, OverlayPages.Pages.IN_RAM), listener);
    }

    /** overlays are the machine's too. */
    public SynIc(
            int vpIndex,
            LocalApic apic,
            ApicBus bus,
            GuestMemory memory,
            SlotTurns turns,
            OverlayPages overlays,
            SynIcListener listener) {
        this.vpIndex = vpIndex;
        this.apic = apic;
        this.bus = bus;
        this.memory = memory;
        this.turns = turns;
        this.overlays = overlays;
        this.messagePage = overlays.page();
        this.eventPage = overlays.page();
        this.listener = listener;
        maskAll();
        apic.onEoi((ended, vector, levelTriggered) -> endOfInterrupt(vector));
    }

    /** The index by which guest and VMM name its processor; neither APIC id nor vCPU number. */
    public int vpIndex() {
        return vpIndex;
    }

    /** The local APIC of its processor, which its sources raise. */
    public LocalApic apic() {
        return apic;
    }

    GuestMemory memory() {
        return memory;
    }

    OverlayPages overlays() {
        return overlays;
    }

    // ---- the VMM's side -----------------------------------------------------------------------------------------

    /** Switches the SynIC on, for good; again with another flavour changes only who initializes pages. */
    public void activate(Activation flavour) {
        zeroesPages = flavour == Activation.SYNIC;
        active = true;
        sourcesChanged();
    }

    /** Whether the VMM has switched it on; SCONTROL, the guest's own switch, is another matter. */
    public boolean isActive() {
        return active;
    }

    /** Who posts messages on the owner's thread and hears, before the listener, that the slot of a SINT may be free. */
    void producedBy(IntConsumer slotMayBeFree) {
        producer = slotMayBeFree;
    }

    /** KVM_GET_MSRS: every SynIC register is readable, also while not activated. */
    public long hostRead(int msr) {
        return value(msr);
    }

    /**
     * KVM_SET_MSRS: neither zeroes pages in RAM, nor checks vectors, nor tells the VMM; overlays move. While not
     * activated only 0 is accepted, and changes nothing.
     *
     * @return false where it is refused
     */
    public boolean hostWrite(int msr, long value) {
        if (!HvMsr.isSynIc(msr) || !active) {
            return HvMsr.isSynIc(msr) && value == 0;
        }
        switch (msr) {
            case HvMsr.HV_X64_MSR_SCONTROL -> scontrol = value;
            case HvMsr.HV_X64_MSR_SVERSION -> sversion = value;
            case HvMsr.HV_X64_MSR_SIEFP -> setSiefp(value, false);
            case HvMsr.HV_X64_MSR_SIMP -> setSimp(value, false);
            case HvMsr.HV_X64_MSR_EOM -> endOfMessage();
            default -> setSint(msr - HvMsr.HV_X64_MSR_SINT0, value);
        }
        return true;
    }

    /**
     * System reset: registers as at power-on; activation stays. Enabled pages are cleared, and overlays whether enabled or
     * not, so that no stale message blocks a slot.
     */
    public void reset() {
        messagePage.reset(simp);
        eventPage.reset(siefp);
        scontrol = 0;
        siefp = 0;
        simp = 0;
        sversion = VERSION;
        turns.clear(vpIndex);
        maskAll();
        sourcesChanged();
        listener.pagesChanged(this, 0, 0, 0, 0);
    }

    /** All registers, activation, and who waits for the slots; pages are guest memory and travel with it. */
    public SynIcState save() {
        List<Long> values = new ArrayList<>(HvSint.COUNT);
        for (int sint = 0; sint < HvSint.COUNT; sint++) {
            values.add(sints.get(sint));
        }
        return new SynIcState(
                SynIcState.CURRENT_VERSION,
                active,
                zeroesPages,
                scontrol,
                sversion,
                siefp,
                simp,
                values,
                turns.save(vpIndex));
    }

    /** Takes all over, activation included; zeroes no page and tells no page change. */
    public void restore(SynIcState state) {
        active = state.active();
        zeroesPages = state.zeroesPages();
        scontrol = state.scontrol();
        sversion = state.sversion();
        siefp = state.siefp();
        simp = state.simp();
        for (int sint = 0; sint < HvSint.COUNT; sint++) {
            sints.set(sint, state.sints().get(sint));
        }
        turns.restore(vpIndex, state.waiting());
        sourcesChanged();
    }

    // ---- the guest's side ---------------------------------------------------------------------------------------

    /** RDMSR of a SynIC register. */
    public long read(int msr) {
        if (!active || !HvMsr.isSynIc(msr)) {
            throw generalProtection();
        }
        return value(msr);
    }

    /** WRMSR of a SynIC register. */
    public void write(int msr, long value) {
        if (!active || !HvMsr.isSynIc(msr)) {
            throw generalProtection();
        }
        switch (msr) {
            case HvMsr.HV_X64_MSR_SCONTROL -> scontrol = value;
            case HvMsr.HV_X64_MSR_SVERSION -> throw generalProtection();
            case HvMsr.HV_X64_MSR_SIEFP -> setSiefp(value, zeroesPages);
            case HvMsr.HV_X64_MSR_SIMP -> setSimp(value, zeroesPages);
            case HvMsr.HV_X64_MSR_EOM -> {
                endOfMessage();
                return;
            }
            default -> {
                writeSint(msr - HvMsr.HV_X64_MSR_SINT0, value);
                return;
            }
        }
        slotsMayBeFree();
        listener.pagesChanged(this, msr, scontrol, siefp, simp);
    }

    private long value(int msr) {
        return switch (msr) {
            case HvMsr.HV_X64_MSR_SCONTROL -> scontrol;
            case HvMsr.HV_X64_MSR_SVERSION -> sversion;
            case HvMsr.HV_X64_MSR_SIEFP -> siefp;
            case HvMsr.HV_X64_MSR_SIMP -> simp;
            case HvMsr.HV_X64_MSR_EOM -> 0;
            default -> sints.get(msr - HvMsr.HV_X64_MSR_SINT0);
        };
    }

    /** A masked source may hold any vector: nested Hyper-V writes 0x10000 while it starts. */
    private void writeSint(int sint, long value) {
        HvSint written = new HvSint(value);
        if (!written.masked() && !written.live()) {
            throw generalProtection();
        }
        setSint(sint, value);
    }

    private void setSint(int sint, long value) {
        sints.set(sint, value);
        sourcesChanged();
    }

    private void maskAll() {
        for (int sint = 0; sint < HvSint.COUNT; sint++) {
            sints.set(sint, HvSint.RESET);
        }
    }

    private void sourcesChanged() {
        VectorBitmap autoEoi = apic.autoEoiVectors();
        autoEoi.clear();
        collectAutoEoiVectors(autoEoi);
        listener.sourcesChanged(this);
    }

    private void setSimp(long value, boolean zeroed) {
        place(messagePage, value, zeroed);
        simp = value;
    }

    private void setSiefp(long value, boolean zeroed) {
        place(eventPage, value, zeroed);
        siefp = value;
    }

    private static void place(OverlayPage page, long value, boolean zeroed) {
        if (zeroed) {
            page.moveToZeroed(value);
        } else {
            page.moveTo(value);
        }
    }

    // ---- the ends of an interrupt -------------------------------------------------------------------------------

    private void endOfInterrupt(int vector) {
        for (int sint = 0; sint < HvSint.COUNT; sint++) {
            long bits = sints.get(sint);
            if (isLive(bits) && vector(bits) == vector) {
                producer.accept(sint);
                listener.sintAcknowledged(this, sint, SynIcListener.Cause.EOI);
            }
        }
    }

    private void endOfMessage() {
        for (int sint = 0; sint < HvSint.COUNT; sint++) {
            producer.accept(sint);
            listener.sintAcknowledged(this, sint, SynIcListener.Cause.EOM);
        }
    }

    private void slotsMayBeFree() {
        for (int sint = 0; sint < HvSint.COUNT; sint++) {
            producer.accept(sint);
        }
    }

    // ---- producers ----------------------------------------------------------------------------------------------

    /**
     * Raises a SINT's vector; any thread, any sint.
     *
     * @return 1 accepted, 0 not (APIC software-disabled, or the SINT is polled), -EINVAL not activated or no such SINT
     *     or vector, -ENOENT masked
     */
    public int raise(int sint) {
        if (sint < 0 || sint >= HvSint.COUNT || !active) {
            return -Errno.EINVAL;
        }
        long bits = sints.get(sint);
        int result = offer(bits);
        listener.raised(this, sint, vector(bits), result);
        return result;
    }

    private int offer(long bits) {
        if ((bits & HvSint.MASKED) != 0) {
            return -Errno.ENOENT;
        }
        if (!isLive(bits)) {
            return -Errno.EINVAL;
        }
        return (bits & HvSint.POLLING) != 0 ? 0 : bus.deliver(apic, ApicRequest.fixed(vector(bits)));
    }

    /**
     * Posts a message for a producer within the fabric that does not wait, and raises the SINT. The interrupt is lost
     * where the SINT is masked or the APIC is software-disabled; the message stands (TLFS, "SynIC Messages"). Owner's
     * thread.
     */
    public MessageSlot.Post postMessage(int sint, SynIcMessage message) {
        return posted(sint, message, turns.tryPost(vpIndex, sint, enabledSimp(), message));
    }

    /** As {@link #postMessage}, for a producer that waits where the slot is taken. */
    MessageSlot.Post postMessage(int sint, SynIcMessage message, int producerInTurn) {
        return posted(sint, message, turns.post(vpIndex, sint, enabledSimp(), message, producerInTurn));
    }

    /** As the other, on any thread, but raises nothing and tells nobody yet: {@link #tellPosted}. */
    MessageSlot.Post offerMessage(int sint, SynIcMessage message, int producerInTurn) {
        return turns.post(vpIndex, sint, enabledSimp(), message, producerInTurn);
    }

    /** A message stands that was offered. Any thread. */
    void tellPosted(int sint, SynIcMessage message) {
        posted(sint, message, MessageSlot.Post.POSTED);
    }

    /** Whether messages can be directed here: the SynIC and its message page are enabled. */
    boolean takesMessages() {
        return (enabledSimp() & HvSimp.ENABLE) != 0;
    }

    /** A producer that waited has nothing to post any more. */
    void stopWaiting(int sint, int producerInTurn) {
        turns.leave(vpIndex, sint, producerInTurn);
    }

    /** A producer within the fabric that raises a vector of its own. */
    int deliver(int request) {
        return bus.deliver(apic, request);
    }

    private MessageSlot.Post posted(int sint, SynIcMessage message, MessageSlot.Post result) {
        if (result == MessageSlot.Post.POSTED) {
            raise(sint);
        }
        listener.messagePosted(this, sint, message, result);
        return result;
    }

    /** SIMP, or 0, which is a disabled page, while the guest has its SynIC disabled. */
    private long enabledSimp() {
        return enabled() ? simp : 0;
    }

    /**
     * Signals an event for a producer within the fabric; raises the SINT where the flag was clear. Any thread, any
     * values.
     */
    public EventFlags.Signal signalEvent(int sint, int flag) {
        EventFlags.Signal result = setFlag(sint, flag);
        if (result == EventFlags.Signal.NEWLY_SET) {
            raise(sint);
        }
        listener.flagSet(this, sint, flag, result);
        return result;
    }

    private EventFlags.Signal setFlag(int sint, int flag) {
        if (sint < 0 || sint >= HvSint.COUNT) {
            return EventFlags.Signal.OUT_OF_RANGE;
        }
        if (!enabled()) {
            return EventFlags.Signal.DISABLED;
        }
        if ((sints.get(sint) & HvSint.MASKED) != 0) {
            return EventFlags.Signal.MASKED;
        }
        return EventFlags.signal(memory, siefp, sint, flag);
    }

    // ---- queries, any thread ------------------------------------------------------------------------------------

    /** Activated, and enabled by the guest in SCONTROL. */
    public boolean enabled() {
        return active && (scontrol & 1) != 0;
    }

    /** The raw register of a SINT, 0 to 15. */
    public HvSint sint(int sint) {
        return new HvSint(sints.get(sint));
    }

    /** Adds the vectors of live SINTs. */
    public void collectVectors(VectorBitmap into) {
        for (int sint = 0; sint < HvSint.COUNT; sint++) {
            long bits = sints.get(sint);
            if (isLive(bits)) {
                into.add(vector(bits));
            }
        }
    }

    /** Adds the vectors of live SINTs that end themselves. */
    public void collectAutoEoiVectors(VectorBitmap into) {
        for (int sint = 0; sint < HvSint.COUNT; sint++) {
            long bits = sints.get(sint);
            if (isLiveAutoEoi(bits)) {
                into.add(vector(bits));
            }
        }
    }

    /** Whether some live SINT raises this vector, so that its EOI matters. */
    public boolean hasVector(int vector) {
        for (int sint = 0; sint < HvSint.COUNT; sint++) {
            long bits = sints.get(sint);
            if (isLive(bits) && vector(bits) == vector) {
                return true;
            }
        }
        return false;
    }

    /** Whether some live SINT makes this vector end itself. */
    public boolean isAutoEoi(int vector) {
        for (int sint = 0; sint < HvSint.COUNT; sint++) {
            long bits = sints.get(sint);
            if (isLiveAutoEoi(bits) && vector(bits) == vector) {
                return true;
            }
        }
        return false;
    }

    /** Whether any SINT is unmasked, activated and auto-EOI. */
    public boolean hasLiveAutoEoi() {
        for (int sint = 0; sint < HvSint.COUNT; sint++) {
            if (isLiveAutoEoi(sints.get(sint))) {
                return true;
            }
        }
        return false;
    }

    private boolean isLiveAutoEoi(long bits) {
        return (bits & HvSint.AUTO_EOI) != 0 && isLive(bits);
    }

    private boolean isLive(long bits) {
        return active && (bits & HvSint.MASKED) == 0 && vector(bits) >= HvSint.FIRST_VALID_VECTOR;
    }

    private static int vector(long bits) {
        return (int) (bits & HvSint.VECTOR_MASK);
    }
}
