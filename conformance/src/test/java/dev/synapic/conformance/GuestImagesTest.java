// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The checked-in guest images are what their sources give, byte for byte, with the tools that guests/README.md names. */
class GuestImagesTest {
    private static final String GCC = "12.2.0";
    private static final String BINUTILS = "2.40";

    /** {@code make check} builds in a directory of its own and leaves images/ alone. */
    @Test
    void aRebuildGivesTheSameBytes() {
        HostTool.assumeInstalled("make");
        HostTool.assumeVersion("gcc", GCC);
        HostTool.assumeVersion("ld", BINUTILS);
        Path guests = HostTool.root().resolve("guests");

        HostTool.Result result = HostTool.run(guests, List.of("make", "--no-print-directory", "check"));

        assertThat(result.status()).as(result.output()).isZero();
        assertThat(result.output()).contains("check: 7 images are what the sources give");
    }
}
