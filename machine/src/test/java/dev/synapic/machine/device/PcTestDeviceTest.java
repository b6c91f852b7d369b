// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.bus.IoBus;
import dev.synapic.machine.bus.MmioBus;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** As kvm-unit-tests use it. */
class PcTestDeviceTest {
    private final IoBus io = new IoBus();
    private final MmioBus mmio = new MmioBus();
    private final List<String> lines = new ArrayList<>();
    private final PcTestDevice device = new PcTestDevice((gsi, on) -> lines.add(gsi + (on ? "+" : "-")));

    @Test
    void thePortStoresWhatWasWrittenInAnySize() {
        device.attach(io, mmio);
        io.out(0xE0, 4, 0x1122_3344);
        io.out(0xE1, 1, 0xAA);
        assertThat(io.in(0xE0, 4)).isEqualTo(0x1122_AA44);
        assertThat(io.in(0xE2, 2)).isEqualTo(0x1122);
        assertThat(io.in(0xE8, 1)).isEqualTo(0x44);
    }

    @Test
    void aByteAtThePortOfALineRaisesOrLowersIt() {
        device.attach(io, mmio);
        io.out(0x200E, 1, 1);
        io.out(0x200E, 1, 0);
        io.out(0x2000, 1, 5);
        assertThat(lines).containsExactly("14+", "14-", "0+");
    }

    @Test
    void itsMemoryIsReadBack() {
        device.attach(io, mmio);
        mmio.write(0xFF00_0FFEL, 4, 0xDEAD_BEEFL);
        assertThat(mmio.read(0xFF00_0FFEL, 2)).isEqualTo(0xBEEF);
        assertThat(mmio.read(0xFF00_0FFCL, 8)).isEqualTo(0xDEAD_BEEF_0000L);
        device.reset();
        assertThat(mmio.read(0xFF00_0FFEL, 4)).isZero();
        assertThat(lines).hasSize(24);
    }
}
