// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.cpu.MsrPort;
import dev.synapic.interrupts.hyperv.HypervMsrs;
import dev.synapic.interrupts.kvm.KvmMsrs;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.spec.kvm.KvmMsr;
import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.Msr;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * MSRs of one virtual CPU that are not the processor's own: the local APIC's, time's, Hyper-V's, KVM's, and those of {@link ModelMsrs}.
 *
 * <p>Each access is an exit unless the hardware virtualizes it ({@link ApicVirtualization}). What is not there is answered by #GP.
 */
final class GuestMsrs implements MsrPort {
    private static final int SYNTHETIC_FIRST = 0x4000_0000;
    private static final int SYNTHETIC_LAST = 0x4000_1FFF;

    private final VcpuContext context;
    private final ApicVirtualization virtualization;
    private final HypervMsrs hyperv;
    private final KvmMsrs kvm;
    private final CpuModel model;
    private final TimeReading time;
    private final ModelMsrs models;
    private final LongConsumer tscOffsetMoved;
    private final boolean hasHyperv;
    private final boolean hasKvm;

    /** tscOffsetMoved hears what TSC_ADJUST has become. */
    GuestMsrs(
            VcpuContext context,
            ApicVirtualization virtualization,
            HypervMsrs hyperv,
            KvmMsrs kvm,
            CpuModel model,
            TimeReading time,
            LongConsumer tscOffsetMoved) {
        this.context = context;
        this.virtualization = virtualization;
        this.hyperv = hyperv;
        this.kvm = kvm;
        this.model = model;
        this.time = time;
        this.models = new ModelMsrs(model, model.identity().vendor().equals(CpuIdentity.AMD));
        this.tscOffsetMoved = tscOffsetMoved;
        this.hasHyperv = model.hasFace(CpuFeature.Face.HYPERV);
        this.hasKvm = model.hasFace(CpuFeature.Face.KVM);
    }

    @Override
    public long read(int msr) {
        ExitReason reason = isApic(msr) ? virtualization.msrRead(msr) : ExitReason.MSR_READ;
        begin(reason, msr);
        try {
            return isApic(msr) ? context.apic().readMsr(msr) : readOther(msr);
        } finally {
            end(reason);
        }
    }

    @Override
    public void write(int msr, long value) {
        ExitReason reason = isApic(msr) ? virtualization.msrWrite(msr, value) : ExitReason.MSR_WRITE;
        begin(reason, msr);
        try {
            if (isApic(msr)) {
                context.apic().writeMsr(msr, value);
            } else {
                writeOther(msr, value);
            }
        } finally {
            end(reason);
        }
    }

    private static boolean isApic(int msr) {
        return msr >= Msr.X2APIC_FIRST && msr <= Msr.X2APIC_LAST;
    }

    private void begin(@Nullable ExitReason reason, int msr) {
        if (reason != null) {
            context.exits().begin(reason, msr & 0xFFFF_FFFFL);
        }
    }

    private void end(@Nullable ExitReason reason) {
        if (reason != null) {
            context.exits().end();
        }
        context.cpu().requestStop();
    }

    private long readOther(int msr) {
        if (msr >= SYNTHETIC_FIRST && msr <= SYNTHETIC_LAST) {
            requireHyperv();
            return hyperv.read(msr);
        }
        if (hasKvm && KvmMsr.isKvm(msr)) {
            return kvm.read(msr);
        }
        VcpuClock clock = context.clock();
        return switch (msr) {
            case Msr.IA32_APIC_BASE -> context.apic().apicBase();
            case Msr.IA32_TSC_DEADLINE ->
                requireThen(CpuFeature.TSC_DEADLINE, context.apic().tscDeadline());
            case Msr.IA32_TIME_STAMP_COUNTER -> clock.tscAt(time.read(clock.nowPs()));
            case Msr.IA32_TSC_ADJUST -> requireThen(CpuFeature.TSC_ADJUST, clock.tscOffset());
            default -> models.read(msr);
        };
    }

    private void writeOther(int msr, long value) {
        if (msr >= SYNTHETIC_FIRST && msr <= SYNTHETIC_LAST) {
            requireHyperv();
            hyperv.write(msr, value);
            return;
        }
        if (hasKvm && KvmMsr.isKvm(msr)) {
            kvm.write(msr, value);
            return;
        }
        VcpuClock clock = context.clock();
        switch (msr) {
            case Msr.IA32_APIC_BASE -> setApicBase(value);
            case Msr.IA32_TSC_DEADLINE -> {
                require(CpuFeature.TSC_DEADLINE);
                context.apic().setTscDeadline(value);
            }
            // SDM vol. 3B, 18.17.3: a write to the TSC moves TSC_ADJUST by the same amount
            case Msr.IA32_TIME_STAMP_COUNTER -> moveTsc(clock.tscOffset() + value - clock.tsc());
            case Msr.IA32_TSC_ADJUST -> {
                require(CpuFeature.TSC_ADJUST);
                moveTsc(value);
            }
            default -> models.write(msr, value);
        }
    }

    private void moveTsc(long offset) {
        context.clock().setTscOffset(offset);
        tscOffsetMoved.accept(offset);
    }

    /** EXTD is reserved where CPUID does not offer x2APIC (SDM vol. 3A, 12.12.1). */
    private void setApicBase(long value) {
        if ((value & ApicBaseMsr.X2APIC_ENABLE) != 0) {
            require(CpuFeature.X2APIC);
        }
        context.apic().setApicBase(value);
        virtualization.baseWritten();
    }

    private void requireHyperv() {
        if (!hasHyperv) {
            throw generalProtection();
        }
    }

    private void require(CpuFeature feature) {
        if (!model.has(feature)) {
            throw generalProtection();
        }
    }

    private long requireThen(CpuFeature feature, long value) {
        require(feature);
        return value;
    }
}
