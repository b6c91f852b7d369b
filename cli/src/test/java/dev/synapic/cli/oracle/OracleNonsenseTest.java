// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever stands in a line, there is one reply to it, no failure of the oracle itself, and the next line is answered. */
class OracleNonsenseTest {
    private static final long SEED = Long.getLong("synapic.seed", 1);
    private static final int ROUNDS = Integer.getInteger("synapic.rounds", 8);
    private static final int LINES = 300;
    private static final String[] VALUES = {
        "0", "-1", "1", "2", "18446744073709551615", "99999999999999999999", "\"0x\"", "\"0xffffffffffffffff\"", "\"\"",
                "\"x\"", "null",
        "true", "[]", "[[]]", "{}", "1.5", "4096", "2147483648", "\"0x40000073\"", "\"0xfee00000\"", "\"ffff\"",
                "\"apic\""
    };

    @Test
    void everyLineHasOneReply() throws IOException {
        for (long seed = SEED; seed < SEED + ROUNDS; seed++) {
            Random random = new Random(seed);
            List<String> lines = new ArrayList<>();
            lines.add("{\"op\":\"create\"," + RandomRequests.CREATE + "}");
            RandomRequests requests = new RandomRequests(random);
            for (int i = 0; i < LINES; i++) {
                lines.add(spoiled(random, "{" + requests.next() + "}"));
            }
            try (OracleClient oracle = new OracleClient()) {
                List<String> replies = oracle.send(String.join("\n", lines));
                assertThat(replies).hasSize(LINES + 1);
                assertThat(replies)
                        .filteredOn(reply -> reply.startsWith("{\"result\""))
                        .as("requests that make sense")
                        .hasSizeGreaterThan(LINES / 10);
                assertThat(replies)
                        .filteredOn(reply -> reply.startsWith("{\"error\""))
                        .as("requests that make none")
                        .hasSizeGreaterThan(LINES / 10);
            } catch (AssertionError | RuntimeException failure) {
                throw reproducer(seed, lines, failure);
            }
        }
    }

    private static String spoiled(Random random, String line) {
        int at = random.nextInt(line.length());
        return switch (random.nextInt(6)) {
            case 0 -> line.substring(0, at + 1);
            case 1 -> line.substring(0, at) + (char) (33 + random.nextInt(90)) + line.substring(at + 1);
            case 2 -> line.substring(0, at) + line.substring(at + 1) + "}";
            case 3, 4 ->
                line.replaceFirst(":([^,:}]*)([,}])(?=[^,]*$)", ":" + VALUES[random.nextInt(VALUES.length)] + "$2");
            default -> line;
        };
    }

    private static AssertionError reproducer(long seed, List<String> lines, Throwable failure) throws IOException {
        Path file = Path.of("target", "reproducers", "oracle-nonsense-" + seed + ".jsonl");
        Files.createDirectories(file.getParent());
        Files.write(file, lines);
        return new AssertionError(
                "-Dsynapic.seed=%d -Dsynapic.rounds=1, see %s: %s".formatted(seed, file, failure.getMessage()),
                failure);
    }
}
