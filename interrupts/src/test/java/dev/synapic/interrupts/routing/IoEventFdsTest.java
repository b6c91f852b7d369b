// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import static dev.synapic.interrupts.routing.IoEventFds.Space.MMIO;
import static dev.synapic.interrupts.routing.IoEventFds.Space.PIO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.routing.IoEventFds.Match;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** KVM API, KVM_IOEVENTFD. */
class IoEventFdsTest {
    private static final long NOTIFY = 0xFEB0_1000L;

    private final IoEventFds fds = new IoEventFds();
    private final EventFd eventFd = new EventFd();

    @Test
    void writeToTheAddressSignalsAndGoesNoFurther() {
        fds.assign(new Match(MMIO, NOTIFY, 4, null), eventFd);

        assertThat(fds.write(MMIO, NOTIFY, 4, 7)).isTrue();

        assertThat(eventFd.peek()).isEqualTo(1);
    }

    @Test
    void otherAddressesSpacesAndSizesDoNot() {
        fds.assign(new Match(MMIO, NOTIFY, 4, null), eventFd);

        assertThat(fds.write(MMIO, NOTIFY + 4, 4, 0)).isFalse();
        assertThat(fds.write(MMIO, NOTIFY - 4, 4, 0)).isFalse();
        assertThat(fds.write(PIO, NOTIFY, 4, 0)).isFalse();
        assertThat(fds.write(MMIO, NOTIFY, 2, 0)).isFalse();
        assertThat(eventFd.peek()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8})
    void lengthZeroTakesWritesOfAnySize(int size) {
        fds.assign(new Match(PIO, 0x510, 0, null), eventFd);

        assertThat(fds.write(PIO, 0x510, size, 0)).isTrue();
    }

    @Test
    void datamatchChoosesAmongEventfdsOfOneAddress() {
        EventFd second = new EventFd();
        fds.assign(new Match(PIO, 0xC050, 2, 0L), eventFd);
        fds.assign(new Match(PIO, 0xC050, 2, 1L), second);

        assertThat(fds.write(PIO, 0xC050, 2, 1)).isTrue();
        assertThat(fds.write(PIO, 0xC050, 2, 2)).isFalse();

        assertThat(second.peek()).isEqualTo(1);
        assertThat(eventFd.peek()).isZero();
    }

    @Test
    void onlyTheBytesThatAreWrittenAreCompared() {
        fds.assign(new Match(PIO, 0xC050, 2, 0xFFFF_0001L), eventFd);

        assertThat(fds.write(PIO, 0xC050, 2, 0x1234_0001L)).isTrue();
    }

    static Stream<Match> collisions() {
        return Stream.of(
                new Match(MMIO, NOTIFY, 4, 5L), new Match(MMIO, NOTIFY, 4, null), new Match(MMIO, NOTIFY, 0, null));
    }

    @ParameterizedTest
    @MethodSource("collisions")
    void secondWatchOfTheSameWritesIsRefused(Match other) {
        fds.assign(new Match(MMIO, NOTIFY, 4, 5L), eventFd);

        assertThatThrownBy(() -> fds.assign(other, new EventFd())).hasMessageStartingWith("EEXIST");
    }

    @Test
    void watchesThatCannotMeetAreAccepted() {
        fds.assign(new Match(MMIO, NOTIFY, 4, 5L), eventFd);
        fds.assign(new Match(MMIO, NOTIFY, 4, 6L), eventFd);
        fds.assign(new Match(MMIO, NOTIFY, 2, null), eventFd);
        fds.assign(new Match(PIO, NOTIFY, 4, null), eventFd);
        fds.assign(new Match(MMIO, NOTIFY + 1, 4, null), eventFd);

        assertThat(fds.write(MMIO, NOTIFY, 2, 5)).isTrue();
    }

    @Test
    void deassignedAddressIsFree() {
        Match match = new Match(MMIO, NOTIFY, 4, null);
        fds.assign(match, eventFd);

        fds.deassign(match, eventFd);

        assertThat(fds.write(MMIO, NOTIFY, 4, 0)).isFalse();
        fds.assign(match, new EventFd());
    }

    @Test
    void deassignmentNamesAllOfIt() {
        fds.assign(new Match(MMIO, NOTIFY, 4, 5L), eventFd);

        assertThatThrownBy(() -> fds.deassign(new Match(MMIO, NOTIFY, 4, 5L), new EventFd()))
                .hasMessageStartingWith("ENOENT");
        assertThatThrownBy(() -> fds.deassign(new Match(MMIO, NOTIFY, 4, null), eventFd))
                .hasMessageStartingWith("ENOENT");
    }

    static Stream<Match> impossible() {
        return Stream.of(
                new Match(MMIO, NOTIFY, 3, null),
                new Match(MMIO, NOTIFY, 16, null),
                new Match(MMIO, NOTIFY, 0, 1L),
                new Match(MMIO, -2, 4, null));
    }

    @ParameterizedTest
    @MethodSource("impossible")
    void watchesThatCanNeverMatchAreRefused(Match match) {
        assertThatThrownBy(() -> fds.assign(match, eventFd)).hasMessageStartingWith("EINVAL");
    }

    @Test
    void addressesInTheUpperHalfAreFoundToo() {
        long high = 0x8000_0000_0000_0000L;
        fds.assign(new Match(MMIO, high, 4, null), eventFd);
        fds.assign(new Match(MMIO, NOTIFY, 4, null), eventFd);
        fds.assign(new Match(MMIO, -0x1000, 4, null), eventFd);

        assertThat(fds.write(MMIO, high, 4, 0)).isTrue();
        assertThat(fds.write(MMIO, NOTIFY, 4, 0)).isTrue();
        assertThat(fds.write(MMIO, -0x1000, 4, 0)).isTrue();
    }

    @Test
    void thereIsRoomForAThousand() {
        for (int i = 0; i < IoEventFds.MAX; i++) {
            fds.assign(new Match(PIO, i, 1, null), eventFd);
        }

        assertThatThrownBy(() -> fds.assign(new Match(PIO, 5000, 1, null), eventFd))
                .hasMessageStartingWith("ENOSPC");
        assertThat(fds.write(PIO, 777, 1, 0)).isTrue();
    }
}
