// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.Cpu;
import dev.synapic.interrupts.apic.LocalApic;
import org.jspecify.annotations.Nullable;

/**
 * What the ports of one virtual CPU share. The processor takes its ports in its constructor, so the rest is tied in behind it,
 * once, by {@link #tie}.
 */
final class VcpuContext {
    private @Nullable VcpuParts parts;

    void tie(VcpuParts tied) {
        this.parts = tied;
    }

    Cpu cpu() {
        return parts().cpu();
    }

    /** The APIC; a lazy EOI that the guest has left behind is taken in first. */
    LocalApic apic() {
        parts().lazyEoi().collect();
        return parts().apic();
    }

    VcpuClock clock() {
        return parts().clock();
    }

    ExitAccount exits() {
        return parts().exits();
    }

    private VcpuParts parts() {
        VcpuParts p = parts;
        if (p == null) {
            throw new IllegalStateException("the virtual CPU is not put together yet");
        }
        return p;
    }
}
