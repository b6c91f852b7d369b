// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance;

import static org.assertj.core.api.Assumptions.assumeThatCode;

import dev.synapic.cli.debian.DebianGuests;
import dev.synapic.cli.debian.LinuxGuest;
import java.util.List;
import java.util.Objects;

/** Debian's Linux for tests, which are skipped where the kernel's packages cannot be had. */
final class DebianLinux {
    private DebianLinux() {}

    /** series is 6.1 or 6.12. */
    static LinuxGuest of(String series) {
        HostTool.assumeInstalled("apt-get");
        LinuxGuest[] prepared = new LinuxGuest[1];
        assumeThatCode(() -> prepared[0] = new DebianGuests(DebianGuests.userCache())
                        .prepare(new DebianGuests.Recipe(series, List.of(), List.of()), false, what -> {}))
                .as("a kernel from Debian's packages")
                .doesNotThrowAnyException();
        return Objects.requireNonNull(prepared[0]);
    }
}
