// SPDX-License-Identifier: Apache-2.0
package dev.synapic.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each route of the broadcast reaches each target, each time. */
class RouteTest {
    private static final int VECTOR = 0x41;
    private static final int TARGETS = Processors.COUNT - 1;

    @ParameterizedTest
    @EnumSource
    void everyBroadcastIsServedByEveryTarget(Route route) {
        try (Processors all = new Processors()) {
            route.prepare(all, VECTOR);
            for (int i = 0; i < 3; i++) {
                assertThat(route.send(all, VECTOR)).isEqualTo(TARGETS);
                assertThat(all.serveAll(VECTOR)).isEqualTo(TARGETS);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void twoBroadcastsInARowAreServedOnce(Route route) {
        try (Processors all = new Processors()) {
            route.prepare(all, VECTOR);
            int first = route.send(all, VECTOR);
            int second = route.send(all, VECTOR);
            assertThat(first).isEqualTo(TARGETS).isEqualTo(second);
            assertThat(all.serveAll(VECTOR)).isEqualTo(TARGETS);
            assertThat(all.serveAll(VECTOR)).isZero();
        }
    }
}
