// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.debian;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** The guest's /init writes output and trailer; see {@link Initramfs#INIT}. */
class CommandOutputTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final CommandOutput output = new CommandOutput(new PrintStream(out));

    private OptionalInt endOf(String text) {
        for (byte b : text.getBytes(StandardCharsets.ISO_8859_1)) {
            output.accept(b & 0xFF);
        }
        return output.end();
    }

    private String printed() {
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    @Test
    void theStatusIsTakenFromBehindTheOutput() {
        assertThat(endOf("a\nb\0synapic-status   7\n")).hasValue(7);
        assertThat(printed()).isEqualTo("a\nb");
    }

    @Test
    void aCommandMayBeSilent() {
        assertThat(endOf("\0synapic-status 255\n")).hasValue(255);
        assertThat(printed()).isEmpty();
    }

    @Test
    void anOutputThatEndsWithoutAStatusIsPrintedWhole() {
        assertThat(endOf("short")).isEmpty();
        assertThat(printed()).isEqualTo("short");
        assertThat(endOf("\0synapic-status abc\n")).isEmpty();
    }

    @Test
    void onlyTheLastStatusCounts() {
        assertThat(endOf("\0synapic-status   1\n\0synapic-status   0\n")).hasValue(0);
        assertThat(printed()).isEqualTo("\0synapic-status   1\n");
    }

    @Test
    void everyByteComesThrough() {
        StringBuilder all = new StringBuilder();
        for (int b = 0; b < 256; b++) {
            all.append((char) b);
        }
        assertThat(endOf(all + "\0synapic-status   0\n")).hasValue(0);
        assertThat(printed()).isEqualTo(all.toString());
    }
}
