// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import java.util.Optional;
import java.util.stream.Stream;

/** What one operation of the benchmark in Linux is. Numbers are those of the guest's marks, shared with {@link Scenario} where it has the row. */
public enum LinuxScenario {
    DRY_RUN(0, "dry-run"),
    /** The kernel calls the function in place: no IPI. */
    SELF(1, "self"),
    NORMAL(3, "normal"),
    BROADCAST(4, "broadcast"),
    BROADCAST_LOCK(5, "broadcast-lock"),
    /** All but one other CPU: the kernel cannot take the shorthand. */
    SUBSET(6, "subset");

    private final int number;
    private final String option;

    LinuxScenario(int number, String option) {
        this.number = number;
        this.option = option;
    }

    /** As the guest prints it. */
    public String option() {
        return option;
    }

    /** The same row of the benchmark in our own guest, and so of the published tables; empty where only this one has it. */
    public Optional<Scenario> same() {
        return Stream.of(Scenario.values())
                .filter(s -> s.option().equals(option))
                .findFirst();
    }

    static Optional<LinuxScenario> numbered(int number) {
        return Stream.of(values()).filter(s -> s.number == number).findFirst();
    }

    static Optional<LinuxScenario> named(String option) {
        return Stream.of(values()).filter(s -> s.option.equals(option)).findFirst();
    }
}
