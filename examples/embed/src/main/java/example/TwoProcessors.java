// SPDX-License-Identifier: Apache-2.0
package example;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.*;
import dev.synapic.interrupts.hyperv.*;
import dev.synapic.interrupts.ioapic.*;
import dev.synapic.interrupts.pic.PicListener;
import dev.synapic.interrupts.routing.*;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.x86.*;
import java.util.List;

/** Two local APICs, a line of an I/O APIC and a message by a synthetic interrupt; this thread is both processors. */
public final class TwoProcessors {
    public static void main(String[] arguments) {
        GuestMemory ram = GuestMemory.allocate(1 << 20);
        ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE);
        SynIcSet synIcs = new SynIcSet(2);
        IrqChips chips =
                new IrqChips(IoApicModel.V11, bus::sendMsi, intr -> {}, () -> 0, IoApicListener.NONE, PicListener.NONE);
        IrqChip routing = new IrqChip(IrqChip.Mode.FULL, bus::sendMsi, synIcs, chips, IrqChipListener.NONE);
        routing.setGsiRouting(List.of(new GsiRoute.IrqChipPin(9, IrqChips.IOAPIC, 9)));
        SlotTurns turns = new SlotTurns(new MessageSlot(ram), 2);
        LocalApic[] apics = new LocalApic[2];
        for (int id = 0; id < 2; id++) {
            apics[id] = new LocalApic(id, id == 0, bus, ApicClock.STOPPED, ApicListener.NONE);
            apics[id].onEoi(routing);
            apics[id].writeRegister(ApicRegister.SPURIOUS_VECTOR, 0x1FF);
            synIcs.add(new SynIc(id, apics[id], bus, ram, turns, new SintAcknowledgements(routing)));
        }

        // The guest's entry for pin 9: vector 0x41 of APIC 1, level-triggered. Then a device raises its line.
        long entry = 1L << RedirectionEntry.DESTINATION_SHIFT | RedirectionEntry.LEVEL_TRIGGERED | 0x41;
        for (int half = 0; half < 2; half++) {
            chips.ioApic().write(0x00, 4, 0x10 + 2 * 9 + half);
            chips.ioApic().write(0x10, 4, entry >>> 32 * half);
        }
        routing.irqLine(9, true, 0);
        System.out.printf("line of gsi 9: vector 0x%x on APIC 1%n", apics[1].acknowledgeOrSpurious());
        routing.irqLine(9, false, 0);
        apics[1].eoi();

        // The guest's SINT 2 of processor 0: vector 0x51, its message page at 0x1000. Then the VMM posts a message.
        SynIc synIc = synIcs.get(0);
        synIc.activate(SynIc.Activation.SYNIC);
        synIc.write(HvMsr.HV_X64_MSR_SCONTROL, 1);
        synIc.write(HvMsr.HV_X64_MSR_SIMP, 0x1001);
        synIc.write(HvMsr.HV_X64_MSR_SINT0 + 2, 0x51);
        synIc.postMessage(2, new SynIcMessage(1, 0, new byte[] {42}));
        int vector = apics[0].acknowledgeOrSpurious();
        System.out.printf("message of SINT 2: vector 0x%x, payload %d%n", vector, ram.getByte(0x1000 + 2 * 256 + 16));
        ram.putInt(0x1000 + 2 * 256, 0);
        synIc.write(HvMsr.HV_X64_MSR_EOM, 0);
        apics[0].eoi();
    }
}
