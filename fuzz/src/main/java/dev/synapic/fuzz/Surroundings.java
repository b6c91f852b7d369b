// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import dev.synapic.interrupts.apic.ApicRequest;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.hyperv.SynIcMessage;
import dev.synapic.spec.hyperv.HvMessage;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.DeliveryMode;
import dev.synapic.spec.x86.GeneralProtectionFault;

/** What happens around a guest's requests: processors take interrupts, devices want service, time passes. */
final class Surroundings {
    /** How many acts there are. */
    static final int ACTS = 12;

    private static final int MESSAGE_PAGES = 0x6000;
    private static final int EVENT_PAGES = 0xA000;

    private final FuzzedFabric fabric;
    private final FuzzInput input;

    Surroundings(FuzzedFabric fabric, FuzzInput input) {
        this.fabric = fabric;
        this.input = input;
    }

    /** What a kernel does first, so that interrupts flow. */
    static void boot(FuzzedFabric fabric) {
        for (int i = 0; i < fabric.apics.size(); i++) {
            LocalApic apic = fabric.apics.get(i);
            apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, 0x1FF);
            apic.writeRegister(ApicRegister.LOGICAL_DESTINATION, 1 << 24 + i);
            if (i % 2 == 1) {
                apic.setApicBase(apic.apicBase() | ApicBaseMsr.X2APIC_ENABLE);
            }
            fabric.msrs.get(i).write(HvMsr.HV_X64_MSR_SIMP, MESSAGE_PAGES + 0x1000L * i | 1);
            fabric.msrs.get(i).write(HvMsr.HV_X64_MSR_SIEFP, EVENT_PAGES + 0x1000L * i | 1);
            fabric.msrs.get(i).write(HvMsr.HV_X64_MSR_SCONTROL, 1);
            fabric.msrs.get(i).write(HvMsr.HV_X64_MSR_SINT0 + FuzzedFabric.QUEUE_SINT, 0x90);
        }
    }

    void act() {
        act(input.below(ACTS));
    }

    private void act(int number) {
        fabric.request();
        LocalApic apic = fabric.apics.get(input.below(fabric.apics.size()));
        switch (number) {
            case 0, 1 -> take(apic);
            case 2 -> apic.eoi();
            case 3 -> fabric.pass(input.u16());
            case 4 -> fabric.pass(Integer.toUnsignedLong(input.i32()));
            case 5 -> fabric.chip.irqLine(input.below(25), input.flag(), input.below(4));
            case 6 -> wantService();
            case 7 -> message();
            case 8 -> event(apic);
            case 9 -> emptySlot(input.below(fabric.apics.size()), input.below(4));
            case 10 -> apic.arrive(ApicRequest.edge(mode(), input.u8()));
            default -> apic.lint(1, input.flag());
        }
    }

    private DeliveryMode mode() {
        return DeliveryMode.of(input.below(8) << 8);
    }

    private void take(LocalApic apic) {
        int vector = apic.pendingVector();
        if (vector != LocalApic.NO_VECTOR) {
            apic.acknowledge(vector);
        } else if (fabric.chips.pic().output() && apic.acceptsExtInt()) {
            fabric.chips.pic().acknowledge();
        }
    }

    private void wantService() {
        fabric.deviceAsserts = input.flag();
        fabric.resampledTrigger.signal();
    }

    private void message() {
        fabric.queue.post(new SynIcMessage(1 + input.u8(), 7, input.bytes(input.below(24))));
    }

    private void event(LocalApic apic) {
        switch (input.below(5)) {
            case 0 -> apic.takeNmi();
            case 1 -> apic.unblockNmi();
            case 2 -> {
                if (apic.takeInit()) {
                    apic.init();
                }
            }
            case 3 -> apic.takeSipi();
            default -> apic.hasEvents();
        }
    }

    /** As a guest does: type 0, then EOM where the flag says so. */
    private void emptySlot(int processor, int sint) {
        long slot = MESSAGE_PAGES + 0x1000L * processor + (long) sint * HvMessage.SIZE;
        fabric.memory.putInt(slot, 0);
        if ((fabric.memory.getByte(slot + HvMessage.FLAGS_OFFSET) & 1) != 0) {
            try {
                fabric.msrs.get(processor).write(HvMsr.HV_X64_MSR_EOM, 0);
            } catch (GeneralProtectionFault fault) {
                throw new AssertionError("EOM faults on an active SynIC", fault);
            }
        }
    }
}
