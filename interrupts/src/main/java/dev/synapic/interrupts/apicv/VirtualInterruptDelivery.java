// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apicv;

import dev.synapic.interrupts.apic.VectorBitmap;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.Icr;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The APIC that Intel's hardware plays on a virtual-APIC page, to compare one's own use of it with.
 *
 * <ul>
 *   <li>Models: VTPR, VPPR, VISR, VIRR, VEOI and VICR in the page; RVI and SVI; TPR, PPR, EOI and self-IPI virtualization; evaluation, delivery,
 *       the EOI-exit bitmap; posted-interrupt processing; IPI virtualization through a table of descriptors.
 *   <li>Spec: SDM vol. 3C, chapter "APIC Virtualization and Virtual Interrupts" (31.1 to 31.6).
 *   <li>Not modelled: reads, which the page answers; TPR threshold, which virtual-interrupt delivery does not use; the other controls.
 *   <li>Threading: one thread, but for the descriptors.
 * </ul>
 */
public final class VirtualInterruptDelivery {
    /** Bytes of a virtual-APIC page. */
    public static final int PAGE_SIZE = 4096;

    /** What an access of the guest comes to. */
    public enum Outcome {
        /** Hardware did it all. */
        DONE,
        /** The EOI of a vector in the EOI-exit bitmap; {@link #exitVector} is that vector. */
        EOI_INDUCED_EXIT,
        /** The value stands in the page; the hypervisor has to act on it. */
        APIC_WRITE_EXIT
    }

    /** Whose descriptor an APIC id has. */
    @FunctionalInterface
    public interface PidPointerTable {
        /** A table without entries: IPI virtualization is off. */
        PidPointerTable EMPTY = apicId -> null;

        /** The descriptor behind the entry of that APIC id, or null where there is no valid entry. */
        @Nullable
        PostedInterruptDescriptor descriptor(int apicId);
    }

    /** The sending of a notification: a physical IPI of the descriptor's vector to its destination. */
    @FunctionalInterface
    public interface Notification {
        /** Sends that vector of the host to the processor with that APIC id. */
        void send(int vector, int destination);
    }

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int VECTORS_PER_REGISTER = 32;
    private static final int REGISTERS = 8;

    private final byte[] page = new byte[PAGE_SIZE];
    private final VectorBitmap eoiExits = new VectorBitmap();
    private final VectorBitmap posted = new VectorBitmap();
    private final PidPointerTable descriptors;
    private final Notification notification;
    private int rvi;
    private int svi;
    private int exitVector;

    /** Of a guest whose IPIs go through that table. */
    public VirtualInterruptDelivery(PidPointerTable descriptors, Notification notification) {
        this.descriptors = descriptors;
        this.notification = notification;
    }

    /** The register at that offset of the page. */
    public int register(int offset) {
        return (int) INT.get(page, offset);
    }

    /** Requesting virtual interrupt: the highest vector of VIRR, 0 for none. */
    public int rvi() {
        return rvi;
    }

    /** Servicing virtual interrupt: the highest vector of VISR, 0 for none. */
    public int svi() {
        return svi;
    }

    /** Vectors whose EOI exits (EOI_EXIT0 to EOI_EXIT3); the hypervisor edits the set. */
    public VectorBitmap eoiExits() {
        return eoiExits;
    }

    /** The vector of the last {@link Outcome#EOI_INDUCED_EXIT}, 0 before the first: the exit qualification. */
    public int exitVector() {
        return exitVector;
    }

    /** The hypervisor requests an interrupt by itself: VIRR and RVI, as before a VM entry. */
    public void request(int vector) {
        set(ApicRegister.INTERRUPT_REQUEST, vector, true);
        rvi = Math.max(rvi, vector);
    }

    /** Posted-interrupt processing: what a notification does to a guest that runs. */
    public void process(PostedInterruptDescriptor descriptor) {
        posted.clear();
        int highest = descriptor.take(posted);
        for (int vector = highest; vector >= 0; vector--) {
            if (posted.contains(vector)) {
                set(ApicRegister.INTERRUPT_REQUEST, vector, true);
            }
        }
        rvi = Math.max(rvi, highest);
    }

    /** The guest writes a register of its page (APIC-write emulation). */
    public Outcome write(int offset, int value) {
        INT.set(page, offset, value);
        return switch (offset) {
            case ApicRegister.TASK_PRIORITY -> {
                INT.set(page, offset, value & 0xFF);
                virtualizePriority();
                yield Outcome.DONE;
            }
            case ApicRegister.EOI -> {
                INT.set(page, offset, 0);
                yield endOfInterrupt();
            }
            case ApicRegister.ICR_LOW -> {
                long high = register(ApicRegister.ICR_HIGH) & 0xFFFF_FFFFL;
                yield send(new Icr(high << 32 | value & 0xFFFF_FFFFL), false);
            }
            // VICR_HI's low bytes are the guest's to lose.
            case ApicRegister.ICR_HIGH -> {
                INT.set(page, offset, value & 0xFF00_0000);
                yield Outcome.DONE;
            }
            default -> Outcome.APIC_WRITE_EXIT;
        };
    }

    /** The guest writes ICR by WRMSR in x2APIC mode. */
    public Outcome writeX2apicIcr(long value) {
        INT.set(page, ApicRegister.ICR_LOW, (int) value);
        INT.set(page, ApicRegister.ICR_HIGH, (int) (value >>> 32));
        return send(new Icr(value), true);
    }

    /** The guest writes SELF_IPI in x2APIC mode; a vector below 16 exits. */
    public Outcome writeSelfIpi(int vector) {
        INT.set(page, ApicRegister.SELF_IPI, vector);
        if ((vector & 0xF0) == 0) {
            return Outcome.APIC_WRITE_EXIT;
        }
        request(vector & 0xFF);
        return Outcome.DONE;
    }

    private Outcome send(Icr icr, boolean x2apic) {
        if (AcceleratedIcr.selfIpi(icr) && !x2apic) {
            request(icr.vector());
            return Outcome.DONE;
        }
        if (AcceleratedIcr.toOne(icr, x2apic)) {
            PostedInterruptDescriptor target =
                    descriptors.descriptor(x2apic ? icr.x2apicDestination() : icr.xapicDestination());
            if (target != null) {
                if (target.post(icr.vector(), false)) {
                    notification.send(target.notificationVector(), target.notificationDestination());
                }
                return Outcome.DONE;
            }
        }
        return Outcome.APIC_WRITE_EXIT;
    }

    private Outcome endOfInterrupt() {
        int vector = svi;
        set(ApicRegister.IN_SERVICE, vector, false);
        svi = highest(ApicRegister.IN_SERVICE);
        virtualizePriority();
        if (eoiExits.contains(vector)) {
            exitVector = vector;
            return Outcome.EOI_INDUCED_EXIT;
        }
        return Outcome.DONE;
    }

    private void virtualizePriority() {
        int tpr = register(ApicRegister.TASK_PRIORITY) & 0xFF;
        INT.set(page, ApicRegister.PROCESSOR_PRIORITY, tpr >> 4 >= svi >> 4 ? tpr : svi & 0xF0);
    }

    /** Whether a virtual interrupt is recognized: RVI's class is above VPPR's. It is delivered once the guest takes interrupts. */
    public boolean recognized() {
        return rvi >> 4 > register(ApicRegister.PROCESSOR_PRIORITY) >> 4;
    }

    /** Delivers the recognized interrupt and returns its vector. Throws IllegalStateException where none is. */
    public int deliver() {
        if (!recognized()) {
            throw new IllegalStateException("no virtual interrupt is recognized: RVI " + rvi);
        }
        int vector = rvi;
        set(ApicRegister.IN_SERVICE, vector, true);
        svi = vector;
        INT.set(page, ApicRegister.PROCESSOR_PRIORITY, vector & 0xF0);
        set(ApicRegister.INTERRUPT_REQUEST, vector, false);
        rvi = highest(ApicRegister.INTERRUPT_REQUEST);
        return vector;
    }

    private void set(int first, int vector, boolean value) {
        int offset = first + vector / VECTORS_PER_REGISTER * 0x10;
        int bit = 1 << vector % VECTORS_PER_REGISTER;
        int word = register(offset);
        INT.set(page, offset, value ? word | bit : word & ~bit);
    }

    private int highest(int first) {
        for (int i = REGISTERS - 1; i >= 0; i--) {
            int word = register(first + i * 0x10);
            if (word != 0) {
                return i * VECTORS_PER_REGISTER + 31 - Integer.numberOfLeadingZeros(word);
            }
        }
        return 0;
    }
}
