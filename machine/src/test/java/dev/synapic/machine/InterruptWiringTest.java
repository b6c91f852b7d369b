// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.routing.EventFd;
import dev.synapic.interrupts.routing.IoEventFds;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.machine.exits.HardwareProfiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How interrupt chips, processors and buses hang together in a machine, by guests of a few instructions. */
class InterruptWiringTest {
    private static final String OFF = """
        66 ba 04 06                   ; mov dx, 0x604
        66 b8 00 20                   ; mov ax, 0x2000
        66 ef                         ; out dx, ax
        """;
    private static final String ICW = """
        b0 11 e6 20                   ; ICW1
        b0 30 e6 21                   ; ICW2: vectors from 0x30
        b0 04 e6 21                   ; ICW3
        b0 01 e6 21                   ; ICW4
        b0 fe e6 21                   ; IRQ 0 only
        """;
    private static final String TICK = """
        b0 34 e6 43                   ; channel 0, mode 2
        b0 00 e6 40
        b0 10 e6 40                   ; 4096 ticks
        """;

    private static MachineConfig avic(PcConfig pc) {
        return MachineConfig.standard()
                .withProfile(HardwareProfiles.load().get("avic"))
                .withPc(pc);
    }

    /** SDM vol. 3A, 12.5.1; Linux' nmi_watchdog=1: the 8259A's INT as an NMI through LINT0, with interrupts off. */
    @Test
    void lint0OfTheBootProcessorTurnsTheTimerIntoAnNmi() {
        String guest = ICW + "c7 05 50 03 e0 fe 00 04 00 00 ; LINT0: NMI\n" + TICK + "f4\nf4\n";
        try (InterruptedGuest machine = new InterruptedGuest(guest, MachineConfig.standard()).handler(2, OFF)) {
            assertThat(machine.run().outcome()).isEqualTo(RunResult.Outcome.POWER_OFF);
        }
    }

    /** Virtual wire: ExtINT through LINT0 of the first processor, whose vector the 8259A gives; FULL and SPLIT alike. */
    @ParameterizedTest
    @EnumSource(
            value = IrqChip.Mode.class,
            names = {"FULL", "SPLIT"})
    void extIntReachesTheGuestWhereverTheChipsStand(IrqChip.Mode mode) {
        String guest = ICW + TICK + "fb f4 ; sti; hlt\n";
        MachineConfig config =
                MachineConfig.standard().withPc(PcConfig.standard().withIrqchip(mode));
        try (InterruptedGuest machine = new InterruptedGuest(guest, config).handler(0x30, OFF)) {
            assertThat(machine.run().outcome()).isEqualTo(RunResult.Outcome.POWER_OFF);
        }
    }

    /** KVM, svm_enable_irq_window: an ExtINT that must wait switches AVIC off until it is taken. */
    @Test
    void anExtIntThatWaitsInhibitsAvicUntilItIsTaken() {
        String guest = ICW + TICK.replace("b0 10", "b0 01") + """
            b9 00 00 80 00            ; mov ecx, 0x800000
            e2 fe                     ; loop, with interrupts off
            fb 90 f4                  ; sti; nop; hlt
            """;
        try (InterruptedGuest machine = new InterruptedGuest(guest, avic(PcConfig.standard())).handler(0x30, OFF)) {
            assertThat(machine.run().outcome()).isEqualTo(RunResult.Outcome.POWER_OFF);
            assertThat(machine.machine().apicvInhibitReasonsSeen()).containsExactly("IRQWIN");
            assertThat(machine.machine().apicvInhibitReasons()).isEmpty();
        }
    }

    /** KVM, kvm_pit_set_reinject; a VMM's own timer cannot re-inject. */
    @Test
    void onlyReinjectionInTheHypervisorInhibitsAvic() {
        PcConfig reinjects = PcConfig.standard().withPitLostTicks(PcConfig.LostTicks.REINJECT);

        assertThat(inhibits(reinjects)).containsExactly("PIT_REINJ");
        assertThat(inhibits(reinjects.withPitLostTicks(PcConfig.LostTicks.DISCARD)))
                .isEmpty();
        assertThat(inhibits(reinjects.withIrqchip(IrqChip.Mode.SPLIT))).isEmpty();
        assertThat(inhibits(reinjects.without(PcDevice.PIT))).isEmpty();
    }

    private static java.util.List<String> inhibits(PcConfig pc) {
        try (Machine machine = new Machine(avic(pc))) {
            return machine.apicvInhibitReasonsSeen();
        }
    }

    /** AMD APM vol. 2, 15.29: an xAPIC's table of physical ids ends at 254. */
    @Test
    void moreProcessorsThanAvicsTableInhibitIt() {
        try (Machine machine = new Machine(avic(PcConfig.standard()).withVcpus(256))) {
            assertThat(machine.apicvInhibitReasons()).containsExactly("PHYSICAL_ID_TOO_BIG");
        }
        try (Machine machine = new Machine(avic(PcConfig.standard()).withVcpus(255))) {
            assertThat(machine.apicvInhibitReasons()).isEmpty();
        }
    }

    /** KUT apic, "apicbase: relocate apic": it works there, and costs APICv. */
    @Test
    void aMovedPageCostsApicv() {
        String guest = """
            b9 1b 00 00 00            ; mov ecx, IA32_APIC_BASE
            31 d2                     ; xor edx, edx
            b8 00 09 d4 fe            ; mov eax, 0xfed40900
            0f 30                     ; wrmsr
            """ + OFF;
        try (InterruptedGuest machine = new InterruptedGuest(guest, MachineConfig.standard())) {
            assertThat(machine.run().outcome()).isEqualTo(RunResult.Outcome.POWER_OFF);
            assertThat(machine.machine().apicvInhibitReasons()).containsExactly("APIC_BASE_MODIFIED");
        }
    }

    @Test
    void aModifiedIdCostsApicvUntilItIsBack() {
        String guest = """
            c7 05 20 00 e0 fe 00 00 00 05 ; id 5
            c7 05 20 00 e0 fe 00 00 00 00 ; id 0
            """ + OFF;
        try (InterruptedGuest machine = new InterruptedGuest(guest, MachineConfig.standard())) {
            assertThat(machine.run().outcome()).isEqualTo(RunResult.Outcome.POWER_OFF);
            assertThat(machine.machine().apicvInhibitReasonsSeen()).containsExactly("APIC_ID_MODIFIED");
            assertThat(machine.machine().apicvInhibitReasons()).isEmpty();
        }
    }

    /** KVM_IOEVENTFD into KVM_IRQFD: a write to a port without device becomes an interrupt; the datamatch decides. */
    @Test
    void aWriteToAPortSignalsAnIrqfd() {
        String guest = ICW.replace("b0 fe", "b0 df") + """
            66 ba 30 12               ; mov dx, 0x1230
            b0 06 ee                  ; another value
            b0 07 ee                  ; the value
            fb f4                     ; sti; hlt
            """;
        EventFd doorbell = new EventFd();
        EventFd others = new EventFd();
        try (InterruptedGuest machine = new InterruptedGuest(guest, MachineConfig.standard()).handler(0x35, OFF)) {
            IoEventFds writes = machine.machine().ioEventFds();
            writes.assign(new IoEventFds.Match(IoEventFds.Space.PIO, 0x1230, 1, 7L), doorbell);
            writes.assign(new IoEventFds.Match(IoEventFds.Space.PIO, 0x1230, 1, 6L), others);
            machine.machine().irqChip().irqfdAssign(doorbell, 5);

            assertThat(machine.run().outcome()).isEqualTo(RunResult.Outcome.POWER_OFF);
            assertThat(others.peek()).isEqualTo(1);
        }
    }

    /** A watched word of memory without device; a write of another width goes on to the bus. */
    @Test
    void aWriteToMemorySignalsAnEventfd() {
        String guest = """
            c7 05 00 00 00 d0 01 00 00 00 ; mov dword [0xd0000000], 1
            c6 05 00 00 00 d0 01          ; mov byte
            """ + OFF;
        EventFd eventFd = new EventFd();
        try (InterruptedGuest machine = new InterruptedGuest(guest, MachineConfig.standard())) {
            machine.machine()
                    .ioEventFds()
                    .assign(new IoEventFds.Match(IoEventFds.Space.MMIO, 0xD000_0000L, 4, null), eventFd);

            assertThat(machine.run().outcome()).isEqualTo(RunResult.Outcome.POWER_OFF);
            assertThat(eventFd.peek()).isEqualTo(1);
        }
    }
}
