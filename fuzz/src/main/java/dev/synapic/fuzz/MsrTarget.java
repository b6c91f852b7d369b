// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.kvm.KvmMsr;
import dev.synapic.spec.x86.GeneralProtectionFault;
import dev.synapic.spec.x86.Msr;

/** RDMSR and WRMSR of every number with every value, on all processors. #GP is the only answer that is no value. */
public final class MsrTarget {
    private static final int NUMBERS = 9;

    private final FuzzedFabric fabric;
    private final FuzzInput input;
    private final Surroundings surroundings;

    private MsrTarget(FuzzedFabric fabric, FuzzInput input) {
        this.fabric = fabric;
        this.input = input;
        this.surroundings = new Surroundings(fabric, input);
    }

    public static void fuzzerTestOneInput(byte[] bytes) {
        FuzzInput input = new FuzzInput(bytes);
        try (FuzzedFabric fabric = new FuzzedFabric(FabricShape.of(input.u16()))) {
            if (input.flag()) {
                Surroundings.boot(fabric);
            }
            new MsrTarget(fabric, input).run();
        }
    }

    private void run() {
        while (input.hasMore()) {
            int act = input.u8();
            if ((act & 3) == 0) {
                surroundings.act();
            } else {
                fabric.request();
                access(input.below(fabric.apics.size()), number(), (act & 3) == 1);
            }
            fabric.checkApics();
            fabric.run();
        }
        fabric.checkedState();
        fabric.fabric.reset();
        fabric.checkApics();
    }

    private int number() {
        return switch (input.below(NUMBERS)) {
            case 0 -> Msr.IA32_APIC_BASE;
            case 1 -> Msr.IA32_TSC_DEADLINE;
            case 2, 3 -> Msr.X2APIC_FIRST + input.below(0x40);
            case 4, 5 -> HvMsr.HV_X64_MSR_FIRST + input.below(0x110);
            case 6 -> KvmMsr.FIRST + input.below(10);
            case 7 -> input.u16();
            default -> input.i32();
        };
    }

    private void access(int processor, int msr, boolean read) {
        try {
            if (read) {
                read(processor, msr);
            } else {
                write(processor, msr, input.value());
            }
        } catch (GeneralProtectionFault fault) {
            // The guest's own business.
        }
    }

    private void read(int processor, int msr) {
        LocalApic apic = fabric.apics.get(processor);
        if (HvMsr.isSynthetic(msr)) {
            fabric.msrs.get(processor).read(msr);
        } else if (KvmMsr.isKvm(msr)) {
            fabric.kvmMsrs.get(processor).read(msr);
        } else if (msr == Msr.IA32_TSC_DEADLINE) {
            apic.tscDeadline();
        } else if (msr == Msr.IA32_APIC_BASE) {
            apic.apicBase();
        } else {
            apic.readMsr(msr);
        }
    }

    private void write(int processor, int msr, long value) {
        LocalApic apic = fabric.apics.get(processor);
        if (HvMsr.isSynthetic(msr)) {
            fabric.msrs.get(processor).write(msr, value);
        } else if (KvmMsr.isKvm(msr)) {
            fabric.kvmMsrs.get(processor).write(msr, value);
        } else if (msr == Msr.IA32_TSC_DEADLINE) {
            apic.setTscDeadline(value);
        } else if (msr == Msr.IA32_APIC_BASE) {
            apic.setApicBase(value);
        } else {
            apic.writeMsr(msr, value);
        }
    }
}
