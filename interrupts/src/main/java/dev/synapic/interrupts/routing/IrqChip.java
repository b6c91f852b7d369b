// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import dev.synapic.interrupts.apic.EoiListener;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.VectorBitmap;
import dev.synapic.interrupts.msi.MsiPort;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The VMM's door to the fabric: the verbs of {@code /dev/kvm} that raise interrupts and hear that they are done.
 *
 * <ul>
 *   <li>Models: KVM_SET_GSI_ROUTING, KVM_IRQ_LINE(_STATUS), KVM_SIGNAL_MSI, KVM_IRQFD with KVM_IRQFD_FLAG_DEASSIGN and
 *       _FLAG_RESAMPLE, hang-up of an eventfd, acknowledge and mask notifiers by GSI, source ids, KVM_CAP_SPLIT_IRQCHIP.
 *   <li>Spec: KVM API.
 *   <li>Not modelled: IRQ bypass, work queues: what KVM defers to a thread happens on the signalling thread.
 *   <li>Threading: any thread. Routing is an immutable table behind one volatile field; the lock guards assignments
 *       only and is never held while a port, an eventfd or a notifier runs.
 * </ul>
 */
public final class IrqChip implements EoiListener {
    public static final int USERSPACE_SOURCE_ID = 0;
    /** Shared by all resamplers of a GSI. */
    public static final int RESAMPLE_SOURCE_ID = 1;
    /** Not asserted: there is no route, or a route without levels (MSI, HV_SINT) was lowered. */
    public static final int IGNORED = -1;

    /** Which part of the interrupt chips is the fabric's. */
    public enum Mode {
        /** None: the VMM has its own; most verbs refuse. */
        NONE,
        /** Local APICs and routing; IOAPIC and PIC are the VMM's. */
        SPLIT,
        /** All. */
        FULL
    }

    /** The most routes that a split chip keeps for its VMM's IOAPIC (KVM_CAP_SPLIT_IRQCHIP). */
    public static final int MAX_SPLIT_ROUTES = 4096;

    private static final int IOAPIC_PINS = 24;

    private final Mode mode;
    private final MsiPort msis;
    private final SintPort sints;
    private final PinPort pins;
    private final IrqChipListener listener;
    private final AckNotifiers notifiers;
    private final MaskNotifiers maskNotifiers = new MaskNotifiers();
    private final SourceIds sourceIds = new SourceIds();
    private final SplitEois splitEois;
    private final Object lock = new Object();
    private final List<Irqfd> irqfds = new ArrayList<>();
    private final Map<Integer, Resampler> resamplers = new HashMap<>();
    private volatile GsiRoutingTable table = GsiRoutingTable.EMPTY;

    /** SPLIT: with 24 routes for an IOAPIC that hears no EOI; {@link #split} has one that does. */
    public IrqChip(Mode mode, MsiPort msis, SintPort sints, PinPort pins, IrqChipListener listener) {
        this(mode, msis, sints, pins, listener, IOAPIC_PINS, IoApicEoiPort.NONE);
    }

    /** The routes of the first GSIs are the pins of an IOAPIC of the VMM. Throws EINVAL for more than there can be. */
    public static IrqChip split(
            MsiPort msis, SintPort sints, IrqChipListener listener, int ioApicRoutes, IoApicEoiPort ioApic) {
        if (ioApicRoutes < 0 || ioApicRoutes > MAX_SPLIT_ROUTES) {
            throw new IrqChipException(Errno.EINVAL, "an IOAPIC has 0 to 4096 routes, not " + ioApicRoutes);
        }
        return new IrqChip(Mode.SPLIT, msis, sints, PinPort.ABSENT, listener, ioApicRoutes, ioApic);
    }

    private IrqChip(
            Mode mode,
            MsiPort msis,
            SintPort sints,
            PinPort pins,
            IrqChipListener listener,
            int ioApicRoutes,
            IoApicEoiPort ioApic) {
        this.mode = mode;
        this.msis = msis;
        this.sints = sints;
        this.pins = pins;
        this.listener = listener;
        this.notifiers = new AckNotifiers(listener);
        this.splitEois = new SplitEois(ioApicRoutes, ioApic, notifiers);
        pins.connect(new FromPins());
    }

    // ---- routing ------------------------------------------------------------------------------------------------

    /**
     * Replaces the whole table. Throws EINVAL for a table that {@link GsiRoutingTable#of} refuses or a pin that does
     * not exist.
     */
    public void setGsiRouting(List<? extends GsiRoute> routes) {
        updateGsiRouting(old -> GsiRoutingTable.of(routes));
    }

    /** Replaces the table by one made from it, undisturbed by other updates. */
    public void updateGsiRouting(UnaryOperator<GsiRoutingTable> change) {
        if (mode == Mode.NONE) {
            throw new IrqChipException(Errno.EINVAL, "no interrupt chip to route to; create it SPLIT or FULL");
        }
        synchronized (lock) {
            GsiRoutingTable changed = change.apply(table);
            for (GsiRoute entry : changed.entries()) {
                checkPin(entry);
            }
            table = changed;
        }
        listener.eoiExitsChanged();
    }

    /** The table in force, immutable; {@link GsiRoutingTable#EMPTY} before the VMM sets one. */
    public GsiRoutingTable gsiRouting() {
        return table;
    }

    private void checkPin(GsiRoute entry) {
        if (entry instanceof GsiRoute.IrqChipPin pin && !pins.hasPin(pin.chip(), pin.pin())) {
            throw new IrqChipException(
                    Errno.EINVAL, "gsi " + pin.gsi() + ": chip " + pin.chip() + " has no pin " + pin.pin());
        }
    }

    // ---- raising ------------------------------------------------------------------------------------------------

    /**
     * Sets the level of a GSI as one of its sources sees it.
     *
     * @return how many targets were reached (0: coalesced or not accepted); negative where nothing was:
     *     {@link #IGNORED} (a masked pin, too) or the negated {@link Errno} of the last route that refused
     */
    public int irqLine(int gsi, boolean level, int sourceId) {
        if (sourceId < 0 || sourceId >= SourceIds.COUNT) {
            return -Errno.EINVAL;
        }
        int result = mode == Mode.NONE ? -Errno.ENXIO : IGNORED;
        if (mode != Mode.NONE) {
            for (GsiRoute route : table.routes(gsi)) {
                int reached = set(route, level, sourceId);
                if (reached >= 0) {
                    result = Math.max(result, 0) + reached;
                } else if (result < 0) {
                    result = reached;
                }
            }
        }
        listener.lineSet(gsi, level, sourceId, result);
        return result;
    }

    private int set(GsiRoute route, boolean level, int sourceId) {
        return switch (route) {
            case GsiRoute.IrqChipPin pin -> pins.setPin(pin.chip(), pin.pin(), level, sourceId);
            case GsiRoute.Msi msi -> level ? msis.sendMsi(msi.address(), msi.data()) : IGNORED;
            case GsiRoute.HvSint hvSint -> level ? sints.raise(hvSint.vpIndex(), hvSint.sint()) : IGNORED;
        };
    }

    /** A device's line into a GSI. Throws ENOSPC where all source ids are in use. */
    public InterruptLine line(int gsi) {
        return new GsiLine(this, checked(gsi), allocateSourceId());
    }

    /** A source of lines, apart from all others: an id for {@link #irqLine}. */
    public int allocateSourceId() {
        return sourceIds.allocate();
    }

    /** Gives an id back; the source has lowered its lines. */
    public void freeSourceId(int sourceId) {
        sourceIds.free(sourceId);
    }

    /** Delivers a message without a route. Returns how many targets accepted, or a negated {@link Errno}. */
    public int signalMsi(long address, int data) {
        return mode == Mode.NONE ? -Errno.EINVAL : msis.sendMsi(address, data);
    }

    // ---- irqfd --------------------------------------------------------------------------------------------------

    /** Each signal of trigger pulses the GSI. */
    public void irqfdAssign(EventFd trigger, int gsi) {
        assign(new Irqfd(this, trigger, gsi, null));
    }

    /**
     * A signal of trigger asserts the GSI; once the guest has acknowledged it, the GSI is lowered and resample is
     * signalled.
     */
    public void irqfdAssign(EventFd trigger, int gsi, EventFd resample) {
        assign(new Irqfd(this, trigger, gsi, resample));
    }

    /** Detaches; returns false where the two were not attached to each other (which KVM does not report). */
    public boolean irqfdDeassign(EventFd trigger, int gsi) {
        Irqfd found = null;
        synchronized (lock) {
            for (Irqfd irqfd : irqfds) {
                if (irqfd.trigger == trigger && irqfd.gsi == gsi) {
                    found = irqfd;
                }
            }
            if (found == null) {
                return false;
            }
            found.deactivate();
            irqfds.remove(found);
        }
        release(found);
        return true;
    }

    private void assign(Irqfd irqfd) {
        checkAssignment(irqfd);
        synchronized (lock) {
            irqfds.add(irqfd);
            if (irqfd.resample != null) {
                join(irqfd);
            }
        }
        // Last, since a count that is pending already raises the GSI at once.
        if (irqfd.trigger.attach(irqfd)) {
            return;
        }
        synchronized (lock) {
            irqfds.remove(irqfd);
        }
        irqfd.deactivate();
        release(irqfd);
        if (irqfd.trigger.isClosed()) {
            throw new IrqChipException(Errno.EINVAL, "the eventfd is closed");
        }
        throw new IrqChipException(Errno.EBUSY, "the eventfd is attached to an irqfd already; deassign that first");
    }

    private void checkAssignment(Irqfd irqfd) {
        if (mode == Mode.NONE) {
            throw new IrqChipException(Errno.EAGAIN, "no interrupt chip yet; create it SPLIT or FULL before irqfds");
        }
        if (irqfd.gsi < 0 || irqfd.gsi >= GsiRoutingTable.MAX_GSI) {
            throw new IrqChipException(
                    Errno.EINVAL,
                    "gsi " + Integer.toUnsignedString(irqfd.gsi) + " is not below " + GsiRoutingTable.MAX_GSI);
        }
        if (irqfd.resample == irqfd.trigger) {
            throw new IrqChipException(Errno.EINVAL, "the resample eventfd must be another one than the trigger");
        }
    }

    private void join(Irqfd irqfd) {
        Resampler resampler = resamplers.computeIfAbsent(irqfd.gsi, gsi -> new Resampler(this));
        if (resampler.isEmpty()) {
            addAckNotifier(irqfd.gsi, resampler);
        }
        resampler.add(irqfd);
    }

    private void release(Irqfd irqfd) {
        if (irqfd.resample == null) {
            return;
        }
        synchronized (lock) {
            Resampler resampler = resamplers.get(irqfd.gsi);
            if (resampler == null) {
                return;
            }
            resampler.remove(irqfd);
            if (!resampler.isEmpty()) {
                return;
            }
            removeAckNotifier(irqfd.gsi, resampler);
        }
        lowerAbandoned(irqfd.gsi);
    }

    /**
     * Lowers a GSI whose last resampling irqfd is gone. One that has come meanwhile, and whose assertion falls with it, is
     * told.
     */
    void lowerAbandoned(int gsi) {
        Resampler resampler = resampler(gsi);
        if (resampler != null) {
            resampler.acknowledged(gsi);
        }
    }

    /** Once there is one for a GSI it stays, so that whoever lowers the line finds the members of that moment. */
    private @Nullable Resampler resampler(int gsi) {
        synchronized (lock) {
            return resamplers.get(gsi);
        }
    }

    // ---- acknowledging ------------------------------------------------------------------------------------------

    /** Registers who hears that the guest is done with a GSI. */
    public void addAckNotifier(int gsi, AckNotifier notifier) {
        notifiers.add(checked(gsi), notifier);
        listener.eoiExitsChanged();
    }

    /**
     * Takes a notifier off; nothing happens where it is not on that GSI. It may still run once on another thread.
     * Throws EINVAL for a GSI out of range.
     */
    public void removeAckNotifier(int gsi, AckNotifier notifier) {
        notifiers.remove(checked(gsi), notifier);
        listener.eoiExitsChanged();
    }

    /** Registers who hears that a pin of a GSI is masked or unmasked. */
    public void addMaskNotifier(int gsi, MaskNotifier notifier) {
        maskNotifiers.add(checked(gsi), notifier);
    }

    /** Takes a notifier off; nothing happens where it is not on that GSI. Throws EINVAL for a GSI out of range. */
    public void removeMaskNotifier(int gsi, MaskNotifier notifier) {
        maskNotifiers.remove(checked(gsi), notifier);
    }

    /** Whether anybody waits for the acknowledgement of a GSI, so that its EOI must not go unseen. */
    public boolean hasAckNotifier(int gsi) {
        return notifiers.has(checked(gsi));
    }

    private static int checked(int gsi) {
        if (gsi < 0 || gsi >= GsiRoutingTable.MAX_GSI) {
            throw new IrqChipException(Errno.EINVAL, "gsi " + Integer.toUnsignedString(gsi) + " is out of range");
        }
        return gsi;
    }

    /** Of {@link LocalApic#onEoi}, for every local APIC of the machine. */
    @Override
    public void eoi(LocalApic apic, int vector, boolean levelTriggered) {
        if (mode == Mode.SPLIT) {
            splitEois.eoi(table, apic, vector, levelTriggered);
        } else {
            pins.eoi(apic, vector, levelTriggered);
        }
    }

    /** Adds the vectors whose EOI on this APIC must be seen. On its owner's thread. */
    public void collectEoiExits(LocalApic apic, VectorBitmap into) {
        if (mode == Mode.SPLIT) {
            splitEois.collect(table, apic, into);
        } else {
            pins.collectEoiExits(apic, into);
        }
    }

    /** The fabric's side: a chip saw the end of a GSI's interrupt. */
    public void acknowledge(int gsi) {
        if (gsi >= 0 && gsi < GsiRoutingTable.MAX_GSI) {
            notifiers.acknowledge(gsi);
        }
    }

    /** The fabric's side: an EOI or EOM reached a SINT. Every GSI that is routed to it is acknowledged. */
    public void acknowledgeSint(int vpIndex, int sint) {
        GsiRoutingTable current = table;
        for (int gsi = current.nextGsiOfSint(vpIndex, sint, -1); gsi >= 0; ) {
            notifiers.acknowledge(gsi);
            gsi = current.nextGsiOfSint(vpIndex, sint, gsi);
        }
    }

    /** Whether a storm of acknowledgements was cut off; the machine calls {@link #runDeferredAcks} some time later. */
    public boolean hasDeferredAcks() {
        return notifiers.hasDeferred();
    }

    /** Runs the notifiers of acknowledgements that were cut off; a storm that goes on is cut off again. */
    public void runDeferredAcks() {
        notifiers.runDeferred();
    }

    // ---- state --------------------------------------------------------------------------------------------------

    /** The routes, and the GSIs whose acknowledgement waits; irqfds and notifiers are not in it. */
    public IrqChipState save() {
        return new IrqChipState(IrqChipState.CURRENT_VERSION, table.entries(), notifiers.save());
    }

    /**
     * Takes all over; acknowledges and sends nothing. Throws IllegalArgumentException for routes that this chip cannot
     * have.
     */
    public void restore(IrqChipState state) {
        if (mode != Mode.NONE || !state.routes().isEmpty()) {
            try {
                setGsiRouting(state.routes());
            } catch (IrqChipException refused) {
                throw new IllegalArgumentException("routes of the state are refused: " + refused.getMessage(), refused);
            }
        }
        notifiers.restore(state.deferredAcks());
    }

    private final class FromPins implements PinEvents {
        @Override
        public void acknowledged(int chip, int pin) {
            for (int gsi : table.gsisOfPin(chip, pin)) {
                notifiers.acknowledge(gsi);
            }
        }

        @Override
        public boolean awaitsAcknowledgement(int chip, int pin) {
            for (int gsi : table.gsisOfPin(chip, pin)) {
                if (notifiers.has(gsi)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public void masked(int chip, int pin, boolean masked) {
            for (int gsi : table.gsisOfPin(chip, pin)) {
                maskNotifiers.tell(gsi, masked);
            }
        }

        @Override
        public void resample(int chip, int pin) {
            for (int gsi : table.gsisOfPin(chip, pin)) {
                Resampler resampler = resampler(gsi);
                if (resampler != null && !resampler.isEmpty()) {
                    resampler.acknowledged(gsi);
                }
            }
        }
    }
}
