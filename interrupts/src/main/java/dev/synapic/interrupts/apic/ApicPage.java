// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import dev.synapic.spec.x86.ApicMode;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.ApicTimerMode;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The registers of a local APIC as a page of 1 KiB, for state that comes from or goes to KVM.
 *
 * <ul>
 *   <li>Models: KVM_GET_LAPIC and KVM_SET_LAPIC: struct kvm_lapic_state, whose regs[] holds each register at its offset
 *       in the page of xAPIC mode, in both modes.
 *   <li>Spec: KVM API, KVM_GET_LAPIC and KVM_CAP_X2APIC_API. In x2APIC mode the id has 32 bits where the VMM asked for
 *       them, else its low 8 bits stand in 31:24; ICR's upper half stands at 0x310; LDR derives from the id, whatever the
 *       page says.
 *   <li>The current count is that of the moment of saving, and the timer goes on from there when it is restored.
 *   <li>Not in the page, so kept as they are: IA32_APIC_BASE, the TSC deadline, the latches for NMI, INIT and SIPI, pins,
 *       auto-EOI vectors, errors that have gathered. {@link LocalApicState} has them all.
 *   <li>Threading: the APIC's owner.
 * </ul>
 */
public final class ApicPage {
    /** KVM_APIC_REG_SIZE, in bytes. */
    public static final int SIZE = 0x400;

    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int VECTOR_WORDS = 8;
    /** Vectors below 16, which KVM accepts and the manual reserves. */
    private static final int ILLEGAL_VECTORS = 0xFFFF;

    private ApicPage() {}

    /** x2apicFormat: KVM_X2APIC_API_USE_32BIT_IDS. What is due at the timer happens first. */
    public static byte[] get(LocalApic apic, boolean x2apicFormat) {
        apic.expireTimer();
        apic.takeArrivals();
        byte[] page = new byte[SIZE];
        for (int offset = ApicRegister.ID; offset < SIZE; offset += 0x10) {
            WORDS.set(page, offset, apic.parts().registers().value(offset));
        }
        if (apic.x2ApicMode() && !x2apicFormat) {
            WORDS.set(page, ApicRegister.ID, apic.x2ApicId() << 24);
        }
        return page;
    }

    /**
     * Replaces the registers by those of the page. An APIC that IA32_APIC_BASE disables has none, and stays as it is: the
     * base comes first.
     *
     * @throws IllegalArgumentException for a page of another size, or, with x2apicFormat, another APIC's
     */
    public static void set(LocalApic apic, byte[] page, boolean x2apicFormat) {
        if (page.length != SIZE) {
            throw new IllegalArgumentException("an APIC page has " + SIZE + " bytes, got " + page.length);
        }
        int id = word(page, ApicRegister.ID);
        if (apic.x2ApicMode() && x2apicFormat && id != apic.x2ApicId()) {
            throw new IllegalArgumentException("the page is that of APIC " + id + ", not of APIC " + apic.x2ApicId());
        }
        if (apic.mode() != ApicMode.DISABLED) {
            apic.restore(merged(apic.save(), page, apic));
        }
    }

    private static LocalApicState merged(LocalApicState old, byte[] page, LocalApic apic) {
        int xapicId = apic.x2ApicMode() ? old.ids().xapicId() : word(page, ApicRegister.ID) >>> 24;
        return new LocalApicState(
                LocalApicState.CURRENT_VERSION,
                old.initialApicId(),
                old.base(),
                new LocalApicState.Ids(
                        xapicId,
                        word(page, ApicRegister.LOGICAL_DESTINATION),
                        word(page, ApicRegister.DESTINATION_FORMAT)),
                new LocalApicState.Vectors(
                        vectors(page, ApicRegister.INTERRUPT_REQUEST),
                        vectors(page, ApicRegister.IN_SERVICE),
                        vectors(page, ApicRegister.TRIGGER_MODE),
                        old.vectors().autoEoi(),
                        word(page, ApicRegister.TASK_PRIORITY) & 0xFF),
                new LocalApicState.Registers(
                        word(page, ApicRegister.SPURIOUS_VECTOR),
                        word(page, ApicRegister.ICR_LOW),
                        word(page, ApicRegister.ICR_HIGH)),
                localVectors(page, old.localVectors()),
                timer(page, apic),
                old.events(),
                old.smis());
    }

    private static LocalApicState.LocalVectors localVectors(byte[] page, LocalApicState.LocalVectors old) {
        List<Integer> entries = new ArrayList<>();
        for (int offset = ApicRegister.LVT_TIMER; offset <= ApicRegister.LVT_ERROR; offset += 0x10) {
            entries.add(word(page, offset));
        }
        entries.add(word(page, ApicRegister.LVT_CMCI));
        LocalApicState.Errors errors = new LocalApicState.Errors(
                word(page, ApicRegister.ERROR_STATUS), old.errors().gathered());
        return new LocalApicState.LocalVectors(entries, old.pins(), errors);
    }

    private static LocalApicState.Timer timer(byte[] page, LocalApic apic) {
        ApicParts parts = apic.parts();
        return parts.timer()
                .restarted(
                        ApicTimerMode.of(word(page, ApicRegister.LVT_TIMER)),
                        word(page, ApicRegister.DIVIDE_CONFIGURATION),
                        word(page, ApicRegister.INITIAL_COUNT),
                        word(page, ApicRegister.CURRENT_COUNT));
    }

    private static List<Long> vectors(byte[] page, int first) {
        List<Long> words = new ArrayList<>();
        for (int i = 0; i < VECTOR_WORDS; i += 2) {
            int low = word(page, first + (i << 4)) & (i == 0 ? ~ILLEGAL_VECTORS : -1);
            words.add((long) word(page, first + (i + 1 << 4)) << 32 | Integer.toUnsignedLong(low));
        }
        return words;
    }

    private static int word(byte[] page, int offset) {
        return (int) WORDS.get(page, offset);
    }
}
