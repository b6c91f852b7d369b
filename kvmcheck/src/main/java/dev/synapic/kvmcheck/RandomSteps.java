// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import dev.synapic.kvmcheck.Step.Kind;
import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.IoApicRegister;
import dev.synapic.spec.x86.Lvt;
import dev.synapic.spec.x86.Msr;
import dev.synapic.spec.x86.Pic;
import dev.synapic.spec.x86.Svr;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A random sequence of steps, the same for the same seed. It knows nothing of the machines' states, so that any part of a sequence is a
 * sequence.
 */
final class RandomSteps {
    /** The modes that the processors are in. */
    enum Modes {
        XAPIC,
        X2APIC,
        /** Some enter x2APIC mode sooner or later. */
        MIXED
    }

    private static final int LEVEL = 1 << 15;
    private static final int ASSERT = 1 << 14;
    private static final int LOGICAL = 1 << 11;
    private static final int FIXED = 0;
    private static final int LOWEST_PRIORITY = 1;
    private static final int NMI = 4;
    private static final int INIT = 5;
    private static final int STARTUP = 6;
    private static final int EXTINT = 7;
    private static final int DIVIDE_BY_128 = 0xA;
    /** Counts that do not run out while a sequence runs. */
    private static final int LONG_COUNT = 0xF000_0000;

    private static final int[] LVTS = {
        ApicRegister.LVT_TIMER,
        ApicRegister.LVT_THERMAL,
        ApicRegister.LVT_PERFORMANCE,
        ApicRegister.LVT_LINT0,
        ApicRegister.LVT_LINT1,
        ApicRegister.LVT_ERROR
    };
    private static final int[] LVT_MODES = {FIXED, FIXED, NMI, EXTINT};
    private static final int[] READABLE = {
        ApicRegister.ID,
        ApicRegister.VERSION,
        ApicRegister.TASK_PRIORITY,
        ApicRegister.PROCESSOR_PRIORITY,
        ApicRegister.LOGICAL_DESTINATION,
        ApicRegister.SPURIOUS_VECTOR,
        ApicRegister.IN_SERVICE + 0x40,
        ApicRegister.TRIGGER_MODE + 0x40,
        ApicRegister.INTERRUPT_REQUEST + 0x40,
        ApicRegister.ICR_LOW,
        ApicRegister.LVT_TIMER,
        ApicRegister.LVT_LINT0,
        ApicRegister.INITIAL_COUNT,
        ApicRegister.DIVIDE_CONFIGURATION
    };
    private static final int[] DIVIDERS = {0x3, 0x8, 0x9, DIVIDE_BY_128};
    private static final int[] PORTS = {
        Pic.MASTER_COMMAND, Pic.SLAVE_COMMAND, Pic.MASTER_DATA, Pic.SLAVE_DATA, Pic.ELCR1, Pic.ELCR2
    };

    private final Random random;
    private final Shape shape;
    private final Modes modes;
    private final int[] vectors = new int[6];
    private final List<Step> steps = new ArrayList<>();

    private RandomSteps(long seed, Shape shape, Modes modes) {
        random = new Random(seed);
        this.shape = shape;
        this.modes = modes;
        for (int i = 0; i < vectors.length; i++) {
            vectors[i] = 0x10 + random.nextInt(0xF0);
        }
    }

    /** About count steps, behind those that enable the processors' APICs. */
    static List<Step> of(long seed, int count, Shape shape, Modes modes) {
        RandomSteps sequence = new RandomSteps(seed, shape, modes);
        for (int vcpu = 0; vcpu < shape.vcpus(); vcpu++) {
            sequence.setUp(vcpu);
        }
        while (sequence.steps.size() < count) {
            sequence.next(sequence.random.nextInt(shape.vcpus()));
        }
        return List.copyOf(sequence.steps);
    }

    private void setUp(int vcpu) {
        add(Kind.WRITE_APIC, vcpu, ApicRegister.DIVIDE_CONFIGURATION, DIVIDE_BY_128);
        if (random.nextInt(10) != 0) {
            add(Kind.WRITE_APIC, vcpu, ApicRegister.SPURIOUS_VECTOR, Svr.ENABLE | 0xFF);
        }
        add(Kind.WRITE_APIC, vcpu, ApicRegister.LOGICAL_DESTINATION, 1L << 24 + (vcpu & 7));
        if (vcpu == 0 || random.nextInt(8) == 0) {
            add(Kind.WRITE_APIC, vcpu, ApicRegister.LVT_LINT0, EXTINT << 8);
        }
        if (modes == Modes.X2APIC || modes == Modes.MIXED && random.nextInt(3) == 0) {
            enterX2apic(vcpu);
        }
    }

    private void enterX2apic(int vcpu) {
        long bootstrap = vcpu == 0 ? ApicBaseMsr.BOOTSTRAP : 0;
        long base = ApicBaseMsr.DEFAULT_BASE | ApicBaseMsr.ENABLE | ApicBaseMsr.X2APIC_ENABLE | bootstrap;
        add(Kind.WRITE_MSR, vcpu, Msr.IA32_APIC_BASE, base);
    }

    private void add(Kind kind, int vcpu, int at, long value) {
        steps.add(new Step(kind, vcpu, at, value));
    }

    private void next(int vcpu) {
        switch (random.nextInt(20)) {
            case 0, 1, 2 -> add(Kind.LINE, 0, random.nextInt(Shape.IOAPIC_PINS + Shape.MSI_GSIS), random.nextInt(2));
            case 3, 4 -> add(Kind.MSI, 0, messageData(), messageAddress());
            case 5 -> add(Kind.SIGNAL, 0, random.nextInt(Shape.TRIGGERS.size()), 0);
            case 6, 7 -> writeEntry(vcpu);
            case 8, 9 -> ipi(vcpu);
            case 10, 11, 12 -> add(Kind.TAKE, vcpu, 0, 0);
            case 13, 14, 15 -> add(Kind.WRITE_APIC, vcpu, ApicRegister.EOI, 0);
            case 16 -> writeRegister(vcpu);
            case 17 -> writePic(vcpu);
            case 18 -> read(vcpu);
            default -> rare(vcpu);
        }
    }

    private int vector() {
        return random.nextInt(3) == 0 ? 0x10 + random.nextInt(0xF0) : vectors[random.nextInt(vectors.length)];
    }

    /** Mostly somebody's id. */
    private int destination() {
        return switch (random.nextInt(6)) {
            case 0 -> 0xFF;
            case 1 -> random.nextInt(0x100);
            default -> shape.apicIds().get(random.nextInt(shape.vcpus()));
        };
    }

    private int logicalDestination() {
        if (random.nextInt(8) == 0) {
            return 0xFF;
        }
        int one = 1 << random.nextInt(8);
        return one | 1 << random.nextInt(8);
    }

    // ---- messages -----------------------------------------------------------------------------------------------

    private int messageData() {
        int mode = switch (random.nextInt(12)) {
            case 0 -> NMI;
            case 1 -> random.nextInt(4) == 0 ? INIT : FIXED;
            case 2, 3 -> LOWEST_PRIORITY;
            default -> FIXED;
        };
        int level = random.nextInt(4) == 0 ? LEVEL | (random.nextBoolean() ? ASSERT : 0) : 0;
        return vector() | mode << 8 | level;
    }

    private long messageAddress() {
        boolean logical = random.nextInt(3) == 0;
        long destination = logical ? logicalDestination() : destination();
        long hint = random.nextInt(4) == 0 ? 8 : 0;
        return 0xFEE0_0000L | destination << 12 | (logical ? 4 : 0) | hint;
    }

    private void ipi(int vcpu) {
        int mode = switch (random.nextInt(12)) {
            case 0 -> NMI;
            case 1 -> INIT;
            case 2, 3 -> STARTUP;
            case 4, 5 -> LOWEST_PRIORITY;
            default -> FIXED;
        };
        boolean logical = random.nextInt(3) == 0;
        int shorthand = random.nextInt(3) == 0 ? random.nextInt(4) : 0;
        int level = random.nextInt(6) == 0 ? LEVEL : 0;
        int low = vector()
                | mode << 8
                | (logical ? LOGICAL : 0)
                | level
                | (random.nextInt(8) == 0 ? 0 : ASSERT)
                | shorthand << 18;
        long destination = logical ? logicalDestination() : destination();
        if (modes != Modes.XAPIC && random.nextInt(3) == 0) {
            destination = wideDestination(logical);
        }
        add(Kind.IPI, vcpu, low, destination);
    }

    /** Of 32 bits: a cluster and a mask, or everybody. */
    private long wideDestination(boolean logical) {
        if (logical && random.nextInt(6) != 0) {
            int id = shape.apicIds().get(random.nextInt(shape.vcpus()));
            return (long) (id >> 4) << 16 | 1L << (id & 0xF) | 1L << random.nextInt(16);
        }
        return random.nextInt(3) == 0 ? 0xFFFF_FFFFL : destination();
    }

    private void writeEntry(int vcpu) {
        int pin = random.nextInt(Shape.IOAPIC_PINS);
        int register = IoApicRegister.REDIRECTION_TABLE + 2 * pin;
        boolean logical = random.nextInt(4) == 0;
        if (random.nextInt(3) == 0) {
            add(Kind.WRITE_IOAPIC, vcpu, register + 1, (long) (logical ? logicalDestination() : destination()) << 24);
        }
        int low = switch (random.nextInt(10)) {
            case 0 -> vector() | NMI << 8;
            case 1 -> vector() | LOWEST_PRIORITY << 8;
            case 2 -> vector() | EXTINT << 8;
            default -> vector() | trigger() | (logical ? LOGICAL : 0);
        };
        int polarity = random.nextInt(4) == 0 ? 1 << 13 : 0;
        int masked = random.nextInt(5) == 0 ? Lvt.MASKED : 0;
        add(Kind.WRITE_IOAPIC, vcpu, register, low | polarity | masked);
    }

    private int trigger() {
        return random.nextBoolean() ? LEVEL : 0;
    }

    // ---- registers ----------------------------------------------------------------------------------------------

    private void writeRegister(int vcpu) {
        switch (random.nextInt(9)) {
            case 0, 1, 2 -> add(Kind.WRITE_APIC, vcpu, ApicRegister.TASK_PRIORITY, random.nextInt(16) << 4);
            case 3 -> writeSpuriousVector(vcpu);
            case 4 -> add(Kind.WRITE_APIC, vcpu, ApicRegister.LOGICAL_DESTINATION, (long) logicalDestination() << 24);
            case 5 ->
                add(
                        Kind.WRITE_APIC,
                        vcpu,
                        ApicRegister.DESTINATION_FORMAT,
                        random.nextInt(3) == 0 ? 0x0FFF_FFFFL : -1L);
            case 6 -> writeTimer(vcpu);
            default -> writeLocalVector(vcpu);
        }
    }

    private void writeSpuriousVector(int vcpu) {
        int enable = random.nextInt(3) == 0 ? 0 : Svr.ENABLE;
        add(
                Kind.WRITE_APIC,
                vcpu,
                ApicRegister.SPURIOUS_VECTOR,
                enable | random.nextInt(0x100) | random.nextInt(2) << 9);
    }

    private void writeTimer(int vcpu) {
        if (random.nextBoolean()) {
            add(Kind.WRITE_APIC, vcpu, ApicRegister.DIVIDE_CONFIGURATION, DIVIDERS[random.nextInt(DIVIDERS.length)]);
        } else {
            int count = random.nextInt(3) == 0 ? 0 : LONG_COUNT | random.nextInt() >>> 4;
            add(Kind.WRITE_APIC, vcpu, ApicRegister.INITIAL_COUNT, Integer.toUnsignedLong(count));
        }
    }

    private void writeLocalVector(int vcpu) {
        int lvt = LVTS[random.nextInt(LVTS.length)];
        int masked = random.nextInt(3) == 0 ? Lvt.MASKED : 0;
        int value = vector() | masked;
        if (lvt == ApicRegister.LVT_TIMER) {
            value |= random.nextInt(3) << 17;
        } else if (lvt != ApicRegister.LVT_ERROR) {
            value |= LVT_MODES[random.nextInt(LVT_MODES.length)] << 8;
        }
        if (lvt == ApicRegister.LVT_LINT0 || lvt == ApicRegister.LVT_LINT1) {
            value |= random.nextInt(2) << 13 | random.nextInt(2) << 15;
        }
        add(Kind.WRITE_APIC, vcpu, lvt, value);
    }

    private void read(int vcpu) {
        switch (random.nextInt(4)) {
            case 0 ->
                add(
                        Kind.READ_IOAPIC,
                        vcpu,
                        random.nextInt(IoApicRegister.REDIRECTION_TABLE + 2 * Shape.IOAPIC_PINS + 2),
                        0);
            case 1 -> add(Kind.READ_PORT, vcpu, PORTS[random.nextInt(PORTS.length)], 0);
            default -> add(Kind.READ_APIC, vcpu, READABLE[random.nextInt(READABLE.length)], 0);
        }
    }

    // ---- the 8259A pair -----------------------------------------------------------------------------------------

    private void writePic(int vcpu) {
        int chip = random.nextInt(2);
        int command = chip == 0 ? Pic.MASTER_COMMAND : Pic.SLAVE_COMMAND;
        switch (random.nextInt(12)) {
            case 0 -> initialize(vcpu, command);
            case 1, 2, 3 -> add(Kind.WRITE_PORT, vcpu, command + 1, fewBits());
            case 4 -> add(Kind.WRITE_PORT, vcpu, chip == 0 ? Pic.ELCR1 : Pic.ELCR2, random.nextInt(0x100));
            case 5 -> add(Kind.WRITE_PORT, vcpu, command, Pic.OCW3 | Pic.OCW3_READ_REGISTER | random.nextInt(2));
            case 6 -> add(Kind.WRITE_PORT, vcpu, command, random.nextInt(8) << 5 | random.nextInt(8));
            default -> add(Kind.WRITE_PORT, vcpu, command, 0x20);
        }
    }

    private int fewBits() {
        int bits = random.nextInt(0x100);
        return bits & random.nextInt(0x100);
    }

    private void initialize(int vcpu, int command) {
        boolean fourth = random.nextInt(4) != 0;
        add(Kind.WRITE_PORT, vcpu, command, Pic.ICW1 | (fourth ? Pic.ICW1_ICW4_NEEDED : 0));
        add(Kind.WRITE_PORT, vcpu, command + 1, 0x20 + (random.nextInt(24) << 3));
        add(Kind.WRITE_PORT, vcpu, command + 1, command == Pic.MASTER_COMMAND ? 4 : 2);
        if (fourth) {
            int modes4 = random.nextInt(3) == 0 ? Pic.ICW4_AUTO_EOI : 0;
            boolean slave = command == Pic.SLAVE_COMMAND;
            int nested = slave && random.nextInt(3) == 0 ? Pic.ICW4_SPECIAL_FULLY_NESTED : 0;
            add(Kind.WRITE_PORT, vcpu, command + 1, 1 | modes4 | nested);
        }
    }

    // ---- what happens seldom ------------------------------------------------------------------------------------

    private void rare(int vcpu) {
        switch (random.nextInt(10)) {
            case 0, 1 -> route();
            case 2 -> add(Kind.RELOAD, vcpu, 0, 0);
            case 3 -> selfIpi(vcpu);
            case 4 -> add(Kind.READ_MSR, vcpu, Msr.X2APIC_FIRST + random.nextInt(0x40), 0);
            case 5 -> add(Kind.WRITE_MSR, vcpu, ApicRegister.msr(ApicRegister.ERROR_STATUS), random.nextInt(2));
            case 6 -> add(Kind.READ_MSR, vcpu, Msr.IA32_APIC_BASE, 0);
            case 7 -> mode(vcpu);
            case 8 -> add(Kind.WRITE_APIC, vcpu, ApicRegister.ID, (long) destination() << 24);
            default -> add(Kind.WRITE_IOAPIC, vcpu, random.nextInt(3), random.nextInt());
        }
    }

    private void route() {
        long data = messageData();
        add(Kind.ROUTE, 0, Shape.FIRST_MSI_GSI + random.nextInt(Shape.MSI_GSIS), data << 32 | messageAddress());
    }

    private void selfIpi(int vcpu) {
        add(Kind.WRITE_MSR, vcpu, ApicRegister.msr(ApicRegister.SELF_IPI), vector());
    }

    private void mode(int vcpu) {
        if (modes == Modes.MIXED && random.nextInt(4) == 0) {
            enterX2apic(vcpu);
            return;
        }
        // Transitions that do not exist; EN cleared with EXTD set, and back to xAPIC mode from x2APIC mode.
        long bootstrap = vcpu == 0 ? ApicBaseMsr.BOOTSTRAP : 0;
        long bits = random.nextBoolean() ? ApicBaseMsr.X2APIC_ENABLE : ApicBaseMsr.ENABLE;
        add(Kind.WRITE_MSR, vcpu, Msr.IA32_APIC_BASE, ApicBaseMsr.DEFAULT_BASE | bits | bootstrap);
    }
}
