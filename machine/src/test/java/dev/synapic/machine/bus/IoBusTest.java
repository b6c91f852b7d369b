// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class IoBusTest {
    private final IoBus bus = new IoBus();
    private final List<String> seen = new ArrayList<>();

    private IoDevice device(int widest) {
        return new IoDevice() {
            @Override
            public int in(int offset, int size) {
                seen.add("r%d@%x".formatted(size, offset));
                return 0x10 + offset;
            }

            @Override
            public void out(int offset, int size, int value) {
                seen.add("w%d@%x=%x".formatted(size, offset, value));
            }

            @Override
            public int widestAccess() {
                return widest;
            }
        };
    }

    @Test
    void wideAccessesToAnEightBitDeviceAreSplitIntoConsecutivePorts() {
        bus.attach(0x70, 2, device(1));
        assertThat(bus.in(0x70, 2)).isEqualTo(0x1110);
        bus.out(0x70, 2, 0xABCD);
        assertThat(seen).containsExactly("r1@0", "r1@1", "w1@0=cd", "w1@1=ab");
    }

    @Test
    void theRestOfASplitAccessBelongsToWhoeverIsThere() {
        bus.attach(0x70, 2, device(1));
        assertThat(bus.in(0x71, 2)).isEqualTo(0xFF11);
    }

    @Test
    void devicesThatTakeWideAccessesGetThemWhole() {
        bus.attach(0xCF8, 8, device(4));
        bus.out(0xCF8, 4, -1);
        bus.in(0xCFE, 2);
        assertThat(seen).containsExactly("w4@0=ffffffff", "r2@6");
    }

    @Test
    void portsWithoutADeviceReadAsAllOnes() {
        assertThat(bus.in(0x1234, 1)).isEqualTo(0xFF);
        assertThat(bus.in(0x1234, 4)).isEqualTo(-1);
    }

    @Test
    void overlappingPortsAreRefusedAndNothingIsTaken() {
        bus.attach(0x104, 1, device(1));
        assertThatThrownBy(() -> bus.attach(0x100, 8, device(1))).isInstanceOf(IllegalStateException.class);
        assertThat(bus.isFree(0x100, 4)).isTrue();
        assertThat(bus.isFree(0x100, 5)).isFalse();
        assertThat(bus.isFree(0xFFFF, 2)).isFalse();
        bus.detach(0x104, 1);
        bus.attach(0x100, 8, device(1));
    }
}
