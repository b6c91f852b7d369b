// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.pic;

import dev.synapic.spec.x86.Pic;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/** A PIC pair as a PC's firmware leaves it: vectors 0x08 and 0x70, edges, nothing masked; for tests. */
final class PicRig implements PicPins {
    static final int NON_SPECIFIC_EOI = 0x20;
    static final int SPECIFIC_EOI = 0x60;

    final List<Boolean> output = new ArrayList<>();
    /** "ack 3", "mask 3 true" in order. */
    final List<String> seen = new ArrayList<>();

    IntConsumer onAck = pin -> {};
    final PicPair pic = new PicPair(output::add, this, PicListener.NONE);

    PicRig() {
        initialize(0);
        seen.clear();
    }

    /** Both chips; more: further bits of the master's ICW4. */
    void initialize(int more) {
        pic.out(Pic.MASTER_COMMAND, 0x11);
        pic.out(Pic.MASTER_DATA, 0x08);
        pic.out(Pic.MASTER_DATA, 0x04);
        pic.out(Pic.MASTER_DATA, 0x01 | more);
        pic.out(Pic.SLAVE_COMMAND, 0x11);
        pic.out(Pic.SLAVE_DATA, 0x70);
        pic.out(Pic.SLAVE_DATA, 0x02);
        pic.out(Pic.SLAVE_DATA, 0x01);
    }

    int raise(int pin) {
        return pic.set(pin, true, 0);
    }

    void lower(int pin) {
        pic.set(pin, false, 0);
    }

    void pulse(int pin) {
        raise(pin);
        lower(pin);
    }

    void master(int command) {
        pic.out(Pic.MASTER_COMMAND, command);
    }

    void slave(int command) {
        pic.out(Pic.SLAVE_COMMAND, command);
    }

    void mask(int bits) {
        pic.out(Pic.MASTER_DATA, bits & 0xFF);
        pic.out(Pic.SLAVE_DATA, bits >> 8);
    }

    int masterInService() {
        master(0x0B);
        return pic.in(Pic.MASTER_COMMAND);
    }

    int slaveInService() {
        slave(0x0B);
        return pic.in(Pic.SLAVE_COMMAND);
    }

    int masterRequests() {
        master(0x0A);
        return pic.in(Pic.MASTER_COMMAND);
    }

    @Override
    public void acknowledged(int pin) {
        seen.add("ack " + pin);
        onAck.accept(pin);
    }

    @Override
    public void masked(int pin, boolean masked) {
        seen.add("mask " + pin + " " + masked);
    }
}
