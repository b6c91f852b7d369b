// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class InboxTest {
    private record Sent(long ps, int request) {}

    @Test
    void requestsComeOutByTimeAndThoseOfEqualTimeInTheOrderOfSending() {
        SplittableRandom random = new SplittableRandom(3);
        Inbox inbox = new Inbox();
        List<Sent> expected = new ArrayList<>();
        for (int round = 0; round < 2_000; round++) {
            if (random.nextInt(3) > 0) {
                Sent sent = new Sent(random.nextLong(50), round);
                inbox.add(sent.ps, sent.request, round, round);
                expected.add(sent);
                expected.sort(Comparator.comparingLong(Sent::ps));
            } else if (!expected.isEmpty()) {
                Sent first = expected.removeFirst();
                assertThat(inbox.firstPs()).isEqualTo(first.ps);
                assertThat(inbox.firstRequest()).isEqualTo(first.request);
                assertThat(inbox.firstSender()).isEqualTo(first.request);
                inbox.removeFirst();
            }
        }
        assertThat(inbox.isEmpty()).isEqualTo(expected.isEmpty());
    }

    @Test
    void anEmptyInboxExpectsNothing() {
        assertThat(new Inbox().firstPs()).isEqualTo(VirtualTime.NEVER);
    }
}
