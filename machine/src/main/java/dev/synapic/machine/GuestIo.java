// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.IoPort;
import dev.synapic.machine.bus.IoBus;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.schedule.ChangeCount;

/** IN and OUT of one virtual CPU: each is an exit. */
final class GuestIo implements IoPort {
    private final VcpuContext context;
    private final IoBus bus;
    private final ChangeCount changes;

    GuestIo(VcpuContext context, IoBus bus, ChangeCount changes) {
        this.context = context;
        this.bus = bus;
        this.changes = changes;
    }

    @Override
    public int in(int port, int size) {
        context.exits().begin(ExitReason.IO_INSTRUCTION, port);
        int value = bus.in(port, size);
        changes.changed();
        context.exits().end();
        context.cpu().requestStop();
        return value;
    }

    @Override
    public void out(int port, int size, int value) {
        context.exits().begin(ExitReason.IO_INSTRUCTION, port);
        bus.out(port, size, value);
        changes.changed();
        context.exits().end();
        context.cpu().requestStop();
    }
}
