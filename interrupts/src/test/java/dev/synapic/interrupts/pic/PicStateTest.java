// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.pic;

import static dev.synapic.interrupts.pic.PicRig.NON_SPECIFIC_EOI;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.StateFields;
import dev.synapic.interrupts.hyperv.AllocatedBytes;
import dev.synapic.spec.x86.Pic;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Saving, restoring, resetting; and that interrupts allocate nothing. */
class PicStateTest {
    private final PicRig rig = new PicRig();
    private final PicPair pic = rig.pic;

    @Test
    void everyFieldIsSavedOrIsNoState() {
        StateFields.areSaved(Pic8259.class, PicState.Chip.class, "levelWritable");
        StateFields.areSaved(PicPair.class, PicState.class, "intr", "pins", "listener", "lock");
    }

    @Test
    void restoredPairGoesOnAsTheSavedOneAfterAnyUse() {
        long seed = Long.getLong("synapic.seed", 1L);
        Random random = new Random(seed);
        int[] ports = {0x20, 0x21, 0xA0, 0xA1, 0x4D0, 0x4D1};
        PicRig twin = new PicRig();
        for (int step = 0; step < 3_000; step++) {
            twin.pic.restore(pic.save());
            assertThat(twin.pic.save()).as("seed %d", seed).isEqualTo(pic.save());
            int port = ports[random.nextInt(ports.length)];
            int value = random.nextInt(256);
            int pin = random.nextInt(16);
            boolean up = random.nextBoolean();
            for (PicPair one : new PicPair[] {pic, twin.pic}) {
                one.set(pin, up, 0);
                one.out(port, value);
            }
            if (pic.output()) {
                assertThat(twin.pic.acknowledge())
                        .as("seed %d, step %d", seed, step)
                        .isEqualTo(pic.acknowledge());
            }
            assertThat(twin.pic.in(port)).as("seed %d, step %d", seed, step).isEqualTo(pic.in(port));
        }
    }

    @Test
    void resetIsPowerOnButForTheLines() {
        rig.raise(3);
        pic.acknowledge();
        pic.out(Pic.ELCR1, 0xF8);

        pic.reset();

        assertThat(pic.output()).isFalse();
        assertThat(pic.in(Pic.ELCR1)).isZero();
        assertThat(pic.save().master().lines()).isEqualTo(1 << 3);
    }

    @Test
    void stateThatNoPairCanHaveIsRefused() {
        PicState good = pic.save();

        assertThatThrownBy(() -> new PicState(9, good.master(), good.slave(), good.sources(), false))
                .hasMessageContaining("version 9");
    }

    @Test
    void interruptAndEoiAllocateNothing() throws ReflectiveOperationException {
        PicPair quiet = new PicPair(asserted -> {}, PicPins.NONE, PicListener.NONE);

        double bytes = new AllocatedBytes().perCall(() -> {
            quiet.set(12, true, 0);
            quiet.set(12, false, 0);
            quiet.acknowledge();
            quiet.out(Pic.SLAVE_COMMAND, NON_SPECIFIC_EOI);
            quiet.out(Pic.MASTER_COMMAND, NON_SPECIFIC_EOI);
        });

        assertThat(bytes).as("bytes per interrupt").isLessThan(1);
    }
}
