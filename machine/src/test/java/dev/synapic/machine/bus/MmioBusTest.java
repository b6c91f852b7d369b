// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MmioBusTest {
    private final MmioBus bus = new MmioBus();
    private final List<String> seen = new ArrayList<>();

    private MmioDevice device(String name) {
        return new MmioDevice() {
            @Override
            public long read(long offset, int size) {
                seen.add("%s r%d@%x".formatted(name, size, offset));
                return 0x1122_3344_5566_7788L;
            }

            @Override
            public void write(long offset, int size, long value) {
                seen.add("%s w%d@%x=%x".formatted(name, size, offset, value));
            }
        };
    }

    @Test
    void aDeviceSeesOffsetsOfItsRangeAndValuesOfTheAccessSize() {
        bus.attach(0xFED0_0000L, 0x400, device("hpet"));
        assertThat(bus.read(0xFED0_00F0L, 4)).isEqualTo(0x5566_7788L);
        assertThat(bus.read(0xFED0_00F0L, 8)).isEqualTo(0x1122_3344_5566_7788L);
        bus.write(0xFED0_0010L, 2, -1);
        assertThat(seen).containsExactly("hpet r4@f0", "hpet r8@f0", "hpet w2@10=ffff");
    }

    @Test
    void whatNobodyClaimsReadsAsAllOnes() {
        bus.attach(0x1000, 0x1000, device("a"));
        assertThat(bus.read(0xFFF, 1)).isEqualTo(0xFF);
        assertThat(bus.read(0x2000, 4)).isEqualTo(0xFFFF_FFFFL);
        assertThat(bus.read(-8, 8)).isEqualTo(-1);
        bus.write(0x2000, 4, 1);
        assertThat(seen).isEmpty();
    }

    @Test
    void anAccessAcrossTheEndOfARangeIsNobodys() {
        bus.attach(0x1000, 0x1000, device("a"));
        bus.attach(0x2000, 0x1000, device("b"));
        assertThat(bus.read(0x1FFE, 4)).isEqualTo(0xFFFF_FFFFL);
        assertThat(seen).isEmpty();
    }

    @Test
    void overlappingRangesAreRefused() {
        bus.attach(0x1000, 0x1000, device("a"));
        assertThatThrownBy(() -> bus.attach(0x1FFF, 1, device("b"))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> bus.attach(0, 0x1001, device("b"))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> bus.attach(0, 0x10_0000, device("b"))).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> bus.attach(-1, 1, device("b"))).isInstanceOf(IllegalStateException.class);
        bus.attach(0, 0x1000, device("below"));
        bus.attach(0x2000, 0x1000, device("above"));
    }

    @Test
    void aRangeThatIsTakenAwayIsForgottenAtOnce() {
        bus.attach(0x1000, 0x1000, device("a"));
        bus.write(0x1000, 1, 1);
        bus.detach(0x1000);
        assertThat(bus.read(0x1000, 1)).isEqualTo(0xFF);
        assertThat(bus.isFree(0x1000, 0x1000)).isTrue();
    }
}
