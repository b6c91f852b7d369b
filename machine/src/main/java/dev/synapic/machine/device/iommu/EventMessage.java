// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.iommu;

import dev.synapic.interrupts.msi.MsiPort;
import dev.synapic.spec.x86.VtdRegister;

/**
 * The four registers by which the unit itself interrupts: control, data, address, upper address (FECTL_REG and its
 * neighbours; IECTL_REG and its). What happens while the mask bit is set is sent when it is cleared. These messages are not
 * remapped; the upper address has bits 31:8 of a destination where the lower has bits 7:0.
 */
final class EventMessage {
    private static final int CONTROL = 0;
    private static final int DATA = 4;
    private static final int ADDRESS = 8;

    private final MsiPort messages;
    private boolean masked = true;
    private boolean pending;
    private int data;
    private int address;
    private int upperAddress;

    EventMessage(MsiPort messages) {
        this.messages = messages;
    }

    /** offset is from the control register. */
    int read(int offset) {
        return switch (offset) {
            case CONTROL -> (masked ? VtdRegister.EVENT_MASKED : 0) | (pending ? VtdRegister.EVENT_PENDING : 0);
            case DATA -> data;
            case ADDRESS -> address;
            default -> upperAddress;
        };
    }

    void write(int offset, int value) {
        switch (offset) {
            case CONTROL -> {
                masked = (value & VtdRegister.EVENT_MASKED) != 0;
                if (pending && !masked) {
                    raise();
                }
            }
            case DATA -> data = value;
            case ADDRESS -> address = value & ~3;
            default -> upperAddress = value;
        }
    }

    void raise() {
        pending = masked;
        if (!masked) {
            messages.sendMsi((long) upperAddress << 32 | address & 0xFFFF_FFFFL, data);
        }
    }

    /** What it was for is served. */
    void withdraw() {
        pending = false;
    }

    IommuState.Event save() {
        return new IommuState.Event(masked, pending, data, address, upperAddress);
    }

    void restore(IommuState.Event state) {
        masked = state.masked();
        pending = state.pending();
        data = state.data();
        address = state.address();
        upperAddress = state.upperAddress();
    }
}
