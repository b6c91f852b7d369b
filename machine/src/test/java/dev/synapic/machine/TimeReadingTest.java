// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Design decision D3: a time read is never lower than an earlier read by any virtual CPU. */
class TimeReadingTest {
    @Test
    void aReaderThatIsBehindReadsWhatAnotherReadBefore() {
        TimeReading time = new TimeReading();

        assertThat(time.read(1_000)).isEqualTo(1_000);
        assertThat(time.read(960)).isEqualTo(1_000);
        assertThat(time.read(1_001)).isEqualTo(1_001);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 20_261, 7_777_777})
    void readingsNeverRunBackwardsAndNeverBehindTheReadersClock(long seed) {
        TimeReading time = new TimeReading();
        SplittableRandom random = new SplittableRandom(seed);
        long latest = 0;
        for (int i = 0; i < 10_000; i++) {
            long clock = Math.max(0, i * 10L + random.nextLong(-400, 400));
            long read = time.read(clock);
            assertThat(read).as("reading %d, seed %d", i, seed).isGreaterThanOrEqualTo(Math.max(latest, clock));
            latest = read;
        }
    }

    /** Two processors take turns by a lock in memory; each compares its RDTSC with the other's that was before it. */
    private static final String TURNS = """
        be83001000           ; mov $ap, %esi
        bf00800000           ; mov $0x8000, %edi
        b93e000000           ; mov $62, %ecx
        f3a4                 ; rep movsb
        c7050003e0fe00450c00 ; movl $0xc4500, ICR: INIT to all but self
        c7050003e0fe08460c00 ; movl $0xc4608, ICR: SIPI, vector 8
        b9d0070000           ; mov $2000, %ecx
        f00fba2d0070000000   ; 1: lock btsl $0, 0x7000
        72f5                 ; jc 1b
        0f31                 ; rdtsc
        3b1508700000         ; cmp 0x7008, %edx
        720a                 ; jb 2f
        770e                 ; ja 3f
        3b0504700000         ; cmp 0x7004, %eax
        7306                 ; jae 3f
        ff050c700000         ; 2: incl 0x700c: time ran backwards
        a304700000           ; 3: mov %eax, 0x7004
        891508700000         ; mov %edx, 0x7008
        c7050070000000000000 ; movl $0, 0x7000
        e2c4                 ; loop 1b
        833d1070000001       ; 4: cmpl $1, 0x7010
        75f7                 ; jne 4b
        b010                 ; mov $0x10, %al
        e6f4                 ; out %al, $0xf4
        b9d007               ; ap, the same in real mode: mov $2000, %cx
        66f00fba2e007000     ; 1: lock btsl $0, 0x7000
        72f6                 ; jc 1b
        0f31                 ; rdtsc
        663b160870           ; cmp 0x7008, %edx
        7209                 ; jb 2f
        770c                 ; ja 3f
        663b060470           ; cmp 0x7004, %eax
        7305                 ; jae 3f
        66ff060c70           ; 2: incl 0x700c
        66a30470             ; 3: mov %eax, 0x7004
        6689160870           ; mov %edx, 0x7008
        66c706007000000000   ; movl $0, 0x7000
        e2cb                 ; loop 1b
        66ff061070           ; incl 0x7010: done
        f4                   ; hlt
        """;

    /** SDM vol. 3B, 18.17.4: an invariant TSC is one clock to all processors; here clocks differ by up to the lookahead. */
    @ParameterizedTest
    @ValueSource(longs = {0, 1, 2, 3})
    void rdtscNeverRunsBackwardsFromOneProcessorToAnother(long seed) {
        MachineConfig config = MachineConfig.standard().withVcpus(2).withSeed(seed);
        try (GuestRun run = GuestRun.of(TinyGuest.of(TURNS), config)) {
            assertThat(run.result().guestStatus()).as("seed %d: %s", seed, run).isEqualTo(33);
            assertThat(run.machine().memory().getInt(0x700C))
                    .as("steps back, seed %d", seed)
                    .isZero();
        }
    }
}
