// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicClock;
import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.interrupts.hyperv.MessageSlot;
import dev.synapic.interrupts.hyperv.SlotTurns;
import dev.synapic.interrupts.hyperv.SynIc;
import dev.synapic.interrupts.hyperv.SynIcListener;
import dev.synapic.interrupts.hyperv.SynIcSet;
import dev.synapic.interrupts.ioapic.IoApicListener;
import dev.synapic.interrupts.ioapic.IoApicModel;
import dev.synapic.interrupts.pic.PicListener;
import dev.synapic.interrupts.routing.GsiRoute;
import dev.synapic.interrupts.routing.GsiRoutingTable;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChipListener;
import dev.synapic.interrupts.routing.IrqChips;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.GeneralProtectionFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The same accesses by the oracle and by the library's own methods, on a fabric that this test wires by hand: registers, chips,
 * lines, messages, SINTs, timers, taking and ending.
 */
class OracleAgainstLibraryTest {
    private static final long SEED = Long.getLong("synapic.seed", 1);
    private static final int ROUNDS = Integer.getInteger("synapic.rounds", 10);
    private static final int STEPS = 300;
    private static final int PROCESSORS = 3;
    private static final int SINT_GSI = 40;
    private static final int[] REGISTERS = {
        ApicRegister.TASK_PRIORITY, ApicRegister.SPURIOUS_VECTOR, ApicRegister.LVT_TIMER, ApicRegister.INITIAL_COUNT,
        ApicRegister.DIVIDE_CONFIGURATION, ApicRegister.ICR_HIGH, ApicRegister.ICR_LOW, ApicRegister.ERROR_STATUS,
        ApicRegister.LOGICAL_DESTINATION, ApicRegister.PROCESSOR_PRIORITY, ApicRegister.CURRENT_COUNT
    };

    /** The library alone. */
    private static final class Library {
        final GuestMemory memory = GuestMemory.allocate(1 << 16);
        final ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE);
        final SynIcSet synIcs = new SynIcSet(PROCESSORS);
        final List<LocalApic> apics = new ArrayList<>();
        long nanos;
        final IrqChips chips = new IrqChips(
                IoApicModel.V11, bus::sendMsi, this::intr, () -> nanos, IoApicListener.NONE, PicListener.NONE);
        final IrqChip chip = new IrqChip(IrqChip.Mode.FULL, bus::sendMsi, synIcs, chips, IrqChipListener.NONE);

        Library() {
            chip.setGsiRouting(GsiRoutingTable.pc().entries());
            chip.updateGsiRouting(table -> table.with(new GsiRoute.HvSint(SINT_GSI, 1, 2)));
            SlotTurns turns = new SlotTurns(new MessageSlot(memory), PROCESSORS);
            for (int i = 0; i < PROCESSORS; i++) {
                LocalApic apic = new LocalApic(i, i == 0, bus, new Clock(), ApicListener.NONE);
                apic.onEoi(chip);
                SynIc synIc = new SynIc(i, apic, bus, memory, turns, SynIcListener.NONE);
                synIcs.add(synIc);
                synIc.activate(SynIc.Activation.SYNIC);
                apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, 0x1FF);
                apics.add(apic);
            }
        }

        private void intr(boolean asserted) {
            apics.forEach(apic -> apic.lint(0, asserted));
        }

        void advance(long until) {
            for (long due = deadline(); due <= until; due = deadline()) {
                nanos = due;
                apics.forEach(LocalApic::expireTimer);
            }
            nanos = until;
        }

        private long deadline() {
            return apics.stream().mapToLong(LocalApic::timerDeadlineNanos).min().orElseThrow();
        }

        private final class Clock implements ApicClock {
            @Override
            public long nanos() {
                return nanos;
            }

            @Override
            public long tsc() {
                return 2 * nanos;
            }

            @Override
            public long nanosAtTsc(long tscTicks) {
                return Math.ceilDiv(tscTicks, 2);
            }
        }
    }

    private final List<String> history = new ArrayList<>();

    @Test
    void theOracleAnswersAsTheLibrary() throws IOException {
        for (long seed = SEED; seed < SEED + ROUNDS; seed++) {
            history.clear();
            Library library = new Library();
            try (OracleClient oracle = OracleClient.with("'vcpus':" + PROCESSORS + ",'memory':65536")) {
                oracle.result("{'op':'route','add':[{'gsi':40,'type':'hv-sint','vp':1,'sint':2}]}");
                Random random = new Random(seed);
                for (int step = 0; step < STEPS; step++) {
                    step(library, oracle, random);
                }
            } catch (AssertionError difference) {
                Path file = Path.of("target", "reproducers", "oracle-library-" + seed + ".jsonl");
                Files.createDirectories(file.getParent());
                Files.write(file, history);
                throw new AssertionError("-Dsynapic.seed=%d -Dsynapic.rounds=1, see %s: %s"
                        .formatted(seed, file, difference.getMessage()));
            } finally {
                library.memory.close();
            }
        }
    }

    private void step(Library library, OracleClient oracle, Random random) {
        int vcpu = random.nextInt(PROCESSORS);
        LocalApic apic = library.apics.get(vcpu);
        switch (random.nextInt(9)) {
            case 0, 1 -> writeRegister(oracle, random, vcpu, apic);
            case 2 -> {
                int offset = REGISTERS[random.nextInt(REGISTERS.length)];
                same(
                        oracle,
                        "{'op':'mmio-read','vcpu':%d,'gpa':%d}".formatted(vcpu, 0xFEE0_0000L + offset),
                        hex(Integer.toUnsignedLong(apic.readRegister(offset))));
            }
            case 3 -> writeEntry(library, oracle, random);
            case 4 -> {
                int gsi = random.nextInt(4) == 0 ? SINT_GSI : 16 + random.nextInt(8);
                boolean level = random.nextBoolean();
                int result = library.chip.irqLine(gsi, level, 0);
                same(oracle, "{'op':'line','gsi':%d,'level':%b}".formatted(gsi, level), Numbers.signedHex(result));
            }
            case 5 -> {
                int vector = apic.pendingVector();
                if (vector >= 0) {
                    apic.acknowledge(vector);
                }
                same(oracle, "{'op':'acknowledge','vcpu':%d}".formatted(vcpu), vectorText(vector));
            }
            case 6 -> same(oracle, "{'op':'eoi','vcpu':%d}".formatted(vcpu), vectorText(apic.eoi()));
            case 7 -> writeSint(library, oracle, random, vcpu);
            default -> {
                long until = library.nanos + random.nextInt(2_000);
                String request = "{'op':'advance','ns':%d}".formatted(until - library.nanos);
                library.advance(until);
                same(oracle, request, Map.of("ns", (int) until, "complete", true));
            }
        }
    }

    private void writeRegister(OracleClient oracle, Random random, int vcpu, LocalApic apic) {
        int offset = REGISTERS[random.nextInt(REGISTERS.length)];
        int value = switch (offset) {
            case ApicRegister.SPURIOUS_VECTOR -> random.nextInt(4) == 0 ? 0xFF : 0x1FF;
            case ApicRegister.LVT_TIMER ->
                0x30 + random.nextInt(64) | random.nextInt(2) << 17 | random.nextInt(2) << 16;
            case ApicRegister.INITIAL_COUNT -> 100 + random.nextInt(900);
            case ApicRegister.ICR_HIGH -> random.nextInt(PROCESSORS) << 24;
            case ApicRegister.ICR_LOW -> 0x4000 | 0x20 + random.nextInt(0x60) | random.nextInt(4) << 18;
            case ApicRegister.TASK_PRIORITY -> random.nextInt(3) == 0 ? random.nextInt(256) : 0;
            default -> random.nextInt();
        };
        apic.writeRegister(offset, value);
        same(
                oracle,
                "{'op':'mmio-write','vcpu':%d,'gpa':%d,'value':%d}"
                        .formatted(vcpu, 0xFEE0_0000L + offset, Integer.toUnsignedLong(value)),
                null);
    }

    private void writeEntry(Library library, OracleClient oracle, Random random) {
        int register = 0x10 + 2 * (16 + random.nextInt(8)) + random.nextInt(2);
        int value = (register & 1) == 1
                ? random.nextInt(PROCESSORS) << 24
                : 0x30 + random.nextInt(0x40) | random.nextInt(2) << 15 | random.nextInt(2) << 8;
        library.chips.ioApic().write(0, 4, register);
        library.chips.ioApic().write(0x10, 4, value);
        same(oracle, "{'op':'mmio-write','vcpu':0,'gpa':'0xfec00000','value':%d}".formatted(register), null);
        same(oracle, "{'op':'mmio-write','vcpu':0,'gpa':'0xfec00010','value':%d}".formatted(value), null);
    }

    private void writeSint(Library library, OracleClient oracle, Random random, int vcpu) {
        long value = random.nextInt(0x80) | (long) random.nextInt(4) << 16;
        SynIc synIc = library.synIcs.get(vcpu);
        assertThat(synIc).isNotNull();
        String request = "{'op':'msr-write','vcpu':%d,'msr':'0x40000092','value':%d}".formatted(vcpu, value);
        history.add(request);
        boolean fault = false;
        try {
            synIc.write(HvMsr.HV_X64_MSR_SINT0 + 2, value);
        } catch (GeneralProtectionFault refused) {
            fault = true;
        }
        assertThat(oracle.ask(request).containsKey("fault")).as(request).isEqualTo(fault);
        same(
                oracle,
                "{'op':'msr-read','vcpu':%d,'msr':'0x40000092'}".formatted(vcpu),
                hex(synIc.read(HvMsr.HV_X64_MSR_SINT0 + 2)));
    }

    private void same(OracleClient oracle, String request, Object expected) {
        history.add(request.replace('\'', '"'));
        assertThat(oracle.result(request))
                .as("%s, request %d", request, history.size())
                .isEqualTo(expected);
    }

    private static String hex(long value) {
        return Numbers.hex(value);
    }

    private static String vectorText(int vector) {
        return vector < 0 ? null : Numbers.hex(vector);
    }
}
