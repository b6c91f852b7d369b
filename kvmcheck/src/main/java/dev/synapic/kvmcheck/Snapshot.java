// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import dev.synapic.spec.x86.ApicRegister;

/** Where the parts of a machine's state stand in an array of longs, and what they are called. */
final class Snapshot {
    /** The first longs of a processor are the registers of its page, by offset / 16. */
    static final int APIC_REGISTERS = 64;

    static final int NMIS_PENDING = APIC_REGISTERS;
    static final int WAITS_FOR_SIPI = APIC_REGISTERS + 1;
    static final int NMIS_TAKEN = APIC_REGISTERS + 2;
    static final int PER_VCPU = APIC_REGISTERS + 3;

    /** Fields of an 8259A, as in struct kvm_pic_state, but for elcr_mask. */
    static final int PIC_FIELDS = 15;

    private static final String[] PIC_NAMES = {
        "last_irr",
        "irr",
        "imr",
        "isr",
        "priority_add",
        "irq_base",
        "read_reg_select",
        "poll",
        "special_mask",
        "init_state",
        "auto_eoi",
        "rotate_on_auto_eoi",
        "special_fully_nested_mode",
        "init4",
        "elcr"
    };

    private final Shape shape;

    Snapshot(Shape shape) {
        this.shape = shape;
    }

    int size() {
        return counter(Shape.TRIGGERS.size());
    }

    /** The first long of a processor. */
    static int vcpu(int index) {
        return index * PER_VCPU;
    }

    int entry(int pin) {
        return shape.vcpus() * PER_VCPU + pin;
    }

    /** Levels of the I/O APIC's lines, a bit for each. */
    int lines() {
        return entry(Shape.IOAPIC_PINS);
    }

    int ioApicId() {
        return lines() + 1;
    }

    int select() {
        return lines() + 2;
    }

    /** chip: 0 master, 1 slave. */
    int pic(int chip) {
        return lines() + 3 + chip * PIC_FIELDS;
    }

    /** How often an irqfd's resample eventfd was signalled. */
    int counter(int trigger) {
        return pic(2) + trigger;
    }

    String name(int index) {
        if (index < entry(0)) {
            return "vcpu " + index / PER_VCPU + " " + ofVcpu(index % PER_VCPU);
        }
        if (index < lines()) {
            return "ioapic entry " + (index - entry(0));
        }
        if (index < pic(0)) {
            return "ioapic " + (index == lines() ? "lines" : index == ioApicId() ? "id" : "select");
        }
        if (index < counter(0)) {
            return (index < pic(1) ? "master " : "slave ") + PIC_NAMES[(index - pic(0)) % PIC_FIELDS];
        }
        return "resamplefd of irqfd " + (index - counter(0));
    }

    private static String ofVcpu(int field) {
        return switch (field) {
            case NMIS_PENDING -> "NMIs pending";
            case WAITS_FOR_SIPI -> "waits for SIPI";
            case NMIS_TAKEN -> "NMIs taken";
            default -> ApicRegister.name(field << 4);
        };
    }
}
