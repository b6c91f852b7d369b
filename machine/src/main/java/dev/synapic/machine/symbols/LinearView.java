// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.symbols;

import dev.synapic.cpu.Cpu;
import dev.synapic.guestmem.GuestMemory;

/** A guest's memory as one of its processors sees it now, for onlookers. What is not mapped reads as 0. */
final class LinearView {
    private final Cpu cpu;
    private final GuestMemory ram;

    LinearView(Cpu cpu, GuestMemory ram) {
        this.cpu = cpu;
        this.ram = ram;
    }

    /** Whether there is RAM behind an address. */
    boolean isMapped(long linear) {
        long gpa = cpu.probe(linear);
        return gpa >= 0 && ram.contains(gpa, 1);
    }

    int getByte(long linear) {
        long gpa = cpu.probe(linear);
        return gpa >= 0 && ram.contains(gpa, 1) ? ram.getByte(gpa) & 0xFF : 0;
    }

    int getInt(long linear) {
        return (int) get(linear, Integer.BYTES);
    }

    long getLong(long linear) {
        return get(linear, Long.BYTES);
    }

    private long get(long linear, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (long) getByte(linear + i) << i * Byte.SIZE;
        }
        return value;
    }

    /** The bytes up to a zero, at most so many. */
    String string(long linear, int most) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < most && getByte(linear + i) != 0; i++) {
            text.append((char) getByte(linear + i));
        }
        return text.toString();
    }
}
