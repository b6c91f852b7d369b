// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The VMM's door to the fabric: the verbs of {@code /dev/kvm} that raise interrupts and hear that they are done.
 *
 * <ul>
 *   <li>Models: KVM_SET_GSI_ROUTING, KVM_IRQ_LINE(_STATUS), KVM_SIGNAL_MSI, KVM_IRQFD with KVM_IRQFD_FLAG_DEASSIGN and
 *       _FLAG_RESAMPLE, hang-up of an eventfd, acknowledge notifiers by GSI.
 *   <li>Spec: KVM API.
 *   <li>Not modelled: pins of IOAPIC and PIC (a {@link PinPort} until those chips exist), ioeventfd, IRQ bypass, work
 *       queues: what KVM defers to a thread happens on the signalling thread.
 *   <li>Threading: any thread. Routing is an immutable table behind one volatile field; the lock guards assignments
 *       only and is never held while a port, an eventfd or a notifier runs.
 * </ul>
 */
public final class IrqChip {
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

    private final Mode mode;
    private final MsiPort msis;
    private final SintPort sints;
    private final PinPort pins;
    private final IrqChipListener listener;
    private final AckNotifiers notifiers;
    private final Object lock = new Object();
    private final List<Irqfd> irqfds = new ArrayList<>();
    private final Map<Integer, Resampler> resamplers = new HashMap<>();
    private volatile GsiRoutingTable table = GsiRoutingTable.EMPTY;

    public IrqChip(Mode mode, MsiPort msis, SintPort sints, PinPort pins, IrqChipListener listener) {
        this.mode = mode;
        this.msis = msis;
        this.sints = sints;
        this.pins = pins;
        this.listener = listener;
        this.notifiers = new AckNotifiers(listener);
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
    }

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
     *     {@link #IGNORED} or the negated {@link Errno} of the last route that refused
     */
    public int irqLine(int gsi, boolean level, int sourceId) {
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
        Resampler resampler = resamplers.get(irqfd.gsi);
        if (resampler == null) {
            resampler = new Resampler(this);
            resamplers.put(irqfd.gsi, resampler);
            notifiers.add(irqfd.gsi, resampler);
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
            resamplers.remove(irqfd.gsi);
            notifiers.remove(irqfd.gsi, resampler);
        }
        irqLine(irqfd.gsi, false, RESAMPLE_SOURCE_ID);
    }

    // ---- acknowledging ------------------------------------------------------------------------------------------

    /** Registers who hears that the guest is done with a GSI. */
    public void addAckNotifier(int gsi, AckNotifier notifier) {
        notifiers.add(checked(gsi), notifier);
    }

    public void removeAckNotifier(int gsi, AckNotifier notifier) {
        notifiers.remove(checked(gsi), notifier);
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

    public void runDeferredAcks() {
        notifiers.runDeferred();
    }
}
