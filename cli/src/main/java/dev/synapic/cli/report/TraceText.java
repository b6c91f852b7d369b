// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import dev.synapic.interrupts.apicv.InhibitReason;
import dev.synapic.machine.Machine;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.trace.TraceEvent;
import dev.synapic.spec.kvm.KvmHypercall;
import java.util.Locale;

/** A trace event as a line in ftrace's format, with the fields and the order of KVM's tracepoints where there is one. */
public final class TraceText {
    private static final long PS_PER_S = 1_000_000_000_000L;
    private static final long PS_PER_NS = 1_000;
    private static final int XAPIC_SHIFT = 24;
    private static final int XAPIC_UNUSED = 0xFF_FFFF;
    private static final ExitReason[] REASONS = ExitReason.values();
    private static final InhibitReason[] INHIBIT_REASONS = InhibitReason.values();
    private static final String[] DELIVERY = {"Fixed", "LowPrio", "SMI", "Res3", "NMI", "INIT", "SIPI", "ExtINT"};
    private static final String[] SHORTHAND = {"dst", "self", "all", "all-but-self"};

    private TraceText() {}

    /** One line, without its end: {@code vcpu-3 [003] 0.012345678: kvm_eoi: apicid 3 vector 65}. */
    public static String line(TraceEvent event, int vcpu, long ps, long a, long b) {
        String who = vcpu < 0 ? "<device>-0 [000]" : String.format(Locale.ROOT, "vcpu-%d [%03d]", vcpu, vcpu);
        return String.format(
                Locale.ROOT,
                "%16s %d.%09d: %s: %s",
                who,
                ps / PS_PER_S,
                ps % PS_PER_S / PS_PER_NS,
                event.tracepoint(),
                fields(event, vcpu, a, b));
    }

    private static String fields(TraceEvent event, int vcpu, long a, long b) {
        return switch (event) {
            case KVM_EXIT -> exit(vcpu, REASONS[(int) a], b);
            case KVM_ENTRY -> text("vcpu %d, after %s", vcpu, REASONS[(int) a]);
            case KVM_APIC_IPI -> ipi(a, b);
            case KVM_APIC_ACCEPT_IRQ ->
                text(
                        "apicid %x vec %d (%s|%s)%s",
                        vcpu, a & 0xFF, delivery(a), trigger(a), b != 0 ? " (coalesced)" : "");
            case KVM_INJ_VIRQ -> text("IRQ 0x%x%s", a, b != 0 ? " (auto-EOI)" : "");
            case KVM_INJ_NMI -> "NMI";
            case KVM_EOI -> text("apicid %x vector %d", vcpu, a);
            case KVM_HYPERCALL -> text("nr 0x%x (%s) result %d", a, KvmHypercall.name(a), b);
            case KVM_HV_HYPERCALL -> text("code 0x%x (%s) status 0x%x", a & 0xFFFF, ExitNames.hypercall(a), b & 0xFFFF);
            case KVM_HV_SEND_IPI -> text("vector 0x%x processor_mask 0x%x", a, b);
            case KVM_HV_SEND_IPI_EX ->
                text("vector 0x%x format %d valid_bank_mask 0x%x", a & 0xFFFF_FFFFL, a >>> Integer.SIZE, b);
            case KVM_HV_SYNIC_SET_IRQ -> text("vcpu_id %d sint %d ret %d", a >> 8, a & 0xFF, b);
            case KVM_HV_NOTIFY_ACKED_SINT -> text("vcpu_id %d sint %d by %s", a >> 8, a & 0xFF, b == 0 ? "EOI" : "EOM");
            case KVM_HV_SYNIC_SET_MSR -> text("vcpu_id %d msr 0x%x (%s) data 0x%x", vcpu, a, ExitNames.msr((int) a), b);
            case KVM_APICV_INHIBIT_CHANGED ->
                text("%s reason=%s", b != 0 ? "set" : "cleared", INHIBIT_REASONS[(int) a]);
            case KVM_SET_IRQ -> text("gsi %d level %d", a, b);
            case KVM_ACK_IRQ -> text("gsi %d", a);
            case KVM_PV_EOI -> text("apicid %x vector %d", vcpu, a);
            case KVM_PVCLOCK_UPDATE ->
                text("vcpu_id %d, pvclock: { version %d, tsc_timestamp 0x%x, flags 0x%x }", vcpu, a >> 8, b, a & 0xFF);
            case GUEST_MARK -> text("%s 0x%08x", Machine.begins((int) a) ? "begin" : "end", a);
            case VCPU_START -> text("vcpu %d sipi vector 0x%x", vcpu, a);
            case INPUT -> text("0x%016x", a);
        };
    }

    private static String exit(int vcpu, ExitReason reason, long detail) {
        String about = ExitNames.detail(reason, detail);
        String named = about.isEmpty() ? "" : " (" + about + ")";
        return text("vcpu %d reason %s info1 0x%016x%s", vcpu, reason, detail, named);
    }

    private static String ipi(long icr, long accepted) {
        return text(
                "dst %x vec %d (%s|%s|%s|%s|%s) accepted %d",
                destination(icr >>> 32),
                icr & 0xFF,
                delivery(icr),
                (icr & 1 << 11) != 0 ? "logical" : "physical",
                (icr & 1 << 14) != 0 ? "assert" : "de-assert",
                trigger(icr),
                SHORTHAND[(int) (icr >>> 18) & 3],
                accepted);
    }

    /** xAPIC mode has its destination in the upper byte; no x2APIC id or logical id of 1024 processors reaches it. */
    private static long destination(long icr2) {
        return (icr2 & XAPIC_UNUSED) == 0 ? icr2 >>> XAPIC_SHIFT : icr2;
    }

    private static String delivery(long icr) {
        return DELIVERY[(int) (icr >>> 8) & 7];
    }

    private static String trigger(long icr) {
        return (icr & 1 << 15) != 0 ? "level" : "edge";
    }

    private static String text(String format, Object... arguments) {
        return String.format(Locale.ROOT, format, arguments);
    }
}
