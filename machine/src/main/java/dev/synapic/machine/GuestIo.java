// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.IoPort;
import dev.synapic.machine.bus.IoBus;
import dev.synapic.machine.exits.ExitReason;

/** IN and OUT of one virtual CPU: each is an exit. */
final class GuestIo implements IoPort {
    private final VcpuContext context;
    private final IoBus bus;

    GuestIo(VcpuContext context, IoBus bus) {
        this.context = context;
        this.bus = bus;
    }

    @Override
    public int in(int port, int size) {
        context.exits().begin(ExitReason.IO_INSTRUCTION, port);
        int value = bus.in(port, size);
        context.exits().end();
        context.cpu().requestStop();
        return value;
    }

    @Override
    public void out(int port, int size, int value) {
        context.exits().begin(ExitReason.IO_INSTRUCTION, port);
        bus.out(port, size, value);
        context.exits().end();
        context.cpu().requestStop();
    }
}
