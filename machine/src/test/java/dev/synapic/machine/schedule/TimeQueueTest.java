// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TimeQueueTest {
    @Test
    void theEarliestEntryIsFirstAndRankDecidesBetweenEquals() {
        SplittableRandom random = new SplittableRandom(4);
        for (int n : new int[] {1, 2, 3, 17, 80}) {
            int[] rank = new int[n];
            Arrays.setAll(rank, i -> n - i);
            TimeQueue queue = new TimeQueue(rank);
            long[] times = new long[n];
            Arrays.fill(times, VirtualTime.NEVER);
            for (int round = 0; round < 3_000; round++) {
                int entry = random.nextInt(n);
                times[entry] = random.nextInt(4) == 0 ? VirtualTime.NEVER : random.nextLong(20);
                queue.set(entry, times[entry]);
                assertThat(queue.first()).isEqualTo(earliest(times, rank));
                long[] sorted = times.clone();
                Arrays.sort(sorted);
                assertThat(queue.secondPs()).isEqualTo(n > 1 ? sorted[1] : VirtualTime.NEVER);
            }
        }
    }

    private static int earliest(long[] times, int[] rank) {
        int first = 0;
        for (int i = 1; i < times.length; i++) {
            if (times[i] < times[first] || times[i] == times[first] && rank[i] < rank[first]) {
                first = i;
            }
        }
        return first;
    }
}
