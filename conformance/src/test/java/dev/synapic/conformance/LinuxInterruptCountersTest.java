// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.Machine;
import dev.synapic.machine.MachineConfig;
import dev.synapic.machine.Vcpu;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Linux counts its interrupts and we count the vectors that its processors take: the two agree.
 *
 * <p>The guest reads /proc/interrupts again and again, each time between two lines that it writes to its kernel's log, which come through the
 * serial port while it waits for them, and no other output between them. We count at both lines. What the guest read is between the two counts, and equal to them
 * where they are equal: each number must be seen so at least once.
 *
 * <p>Vectors: Linux, arch/x86/include/asm/irq_vectors.h; lines: arch/x86/kernel/irq.c, the same in 6.1 and 6.12. With -Dsynapic.linux.vcpus=N
 * another number of processors than 2.
 */
@Execution(ExecutionMode.CONCURRENT)
class LinuxInterruptCountersTest {
    private static final int ROUNDS = 12;
    private static final Map<String, int[]> VECTORS = vectors();
    private static final Pattern READ =
            Pattern.compile("\\] interrupts (?<round>\\d+) (?<name>[A-Z]{3}):(?<counts>( +\\d+)+)");

    private static final String COMMAND = """
        i=0
        while [ $i -lt %d ]; do
            for n in 1 2 3; do cat /proc/cpuinfo >/dev/null & done
            wait
            awk -v i=$i 'BEGIN {
                kmsg = "/dev/kmsg"
                print "round " i " begins" >kmsg; close(kmsg)
                while ((getline line <"/proc/interrupts") > 0) {
                    if (sub(/^ *[A-Z][A-Z][A-Z]:/, "&", line)) { lines[n++] = line }
                }
                print "round " i " ends" >kmsg; close(kmsg)
                for (k = 0; k < n; k++) {
                    sub(/^ */, "", lines[k])
                    print "interrupts " i " " lines[k] >kmsg; close(kmsg)
                }
            }'
            i=$((i + 1))
        done
        """.formatted(ROUNDS);

    private static Map<String, int[]> vectors() {
        Map<String, int[]> vectors = new LinkedHashMap<>();
        vectors.put("LOC", new int[] {0xEC});
        vectors.put("IWI", new int[] {0xF6});
        vectors.put("RES", new int[] {0xFD});
        vectors.put("CAL", new int[] {0xFC, 0xFB});
        vectors.put("HYP", new int[] {0xF3});
        vectors.put("HRE", new int[] {0xEE});
        vectors.put("HVS", new int[] {0xED});
        return vectors;
    }

    /** Vectors taken by each virtual CPU at an instant, by the names of the guest's lines. */
    private record Count(Map<String, long[]> lines) {
        static Count of(Machine machine) {
            Map<String, long[]> lines = new LinkedHashMap<>();
            VECTORS.forEach((line, vectors) -> {
                long[] counts = new long[machine.vcpus().size()];
                for (Vcpu vcpu : machine.vcpus()) {
                    for (int vector : vectors) {
                        counts[vcpu.index()] += vcpu.vectors().countOf(vector);
                    }
                }
                lines.put(line, counts);
            });
            return new Count(lines);
        }

        long at(String line, int vcpu) {
            return lines.getOrDefault(line, new long[0])[vcpu];
        }
    }

    /** Counts at the ends of the lines that say so. */
    private static final class Marks implements IntConsumer {
        private final StringBuilder line = new StringBuilder();
        private final List<Count> begins = new ArrayList<>();
        private final List<Count> ends = new ArrayList<>();
        private @Nullable Machine machine;

        @Override
        public void accept(int b) {
            if (b != '\n') {
                line.append((char) b);
                return;
            }
            String whole = line.toString().strip();
            line.setLength(0);
            if (whole.matches("\\[.*\\] round \\d+ begins")) {
                begins.add(Count.of(Objects.requireNonNull(machine)));
            } else if (whole.matches("\\[.*\\] round \\d+ ends")) {
                ends.add(Count.of(Objects.requireNonNull(machine)));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "kvm", "hyperv"})
    void theGuestCountsTheVectorsThatItsProcessorsTake(String face) {
        int vcpus = Integer.getInteger("synapic.linux.vcpus", 2);
        Marks marks = new Marks();
        MachineConfig config = DebianGuest.machine(face, vcpus).withConsole(marks);
        DebianGuest.Run run = DebianGuest.named("debian").run(config, COMMAND, machine -> marks.machine = machine);
        String console = run.console();
        assertThat(run.status()).as(console).hasValue(0);
        List<Map<String, long[]>> read = interrupts(console);
        assertThat(read).as(console).hasSize(ROUNDS);
        assertThat(marks.begins).hasSize(ROUNDS);
        assertThat(marks.ends).hasSize(ROUNDS);
        for (String line : VECTORS.keySet()) {
            for (int vcpu = 0; vcpu < vcpus; vcpu++) {
                compare(line, vcpu, marks, read);
            }
        }
        String clock = face.equals("hyperv") ? "HVS" : "LOC";
        assertThat(marks.ends.getLast().at(clock, vcpus - 1))
                .as("ticks: %s", clock)
                .isPositive();
        assertThat(marks.ends.getLast().at("CAL", vcpus - 1)).as("calls").isPositive();
    }

    private static void compare(String line, int vcpu, Marks marks, List<Map<String, long[]>> read) {
        int exact = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long before = marks.begins.get(round).at(line, vcpu);
            long after = marks.ends.get(round).at(line, vcpu);
            long[] counts = read.get(round).get(line);
            if (counts == null) {
                assertThat(after).as("%s, which this guest does not show", line).isZero();
                exact++;
            } else {
                assertThat(counts[vcpu])
                        .as("%s of CPU %d, round %d", line, vcpu, round)
                        .isBetween(before, after);
                exact += before == after ? 1 : 0;
            }
        }
        assertThat(exact)
                .as("rounds in which %s of CPU %d stood still", line, vcpu)
                .isPositive();
    }

    /** What the guest read in each round: a line's name, and its numbers for each processor. */
    private static List<Map<String, long[]>> interrupts(String console) {
        List<Map<String, long[]>> rounds = new ArrayList<>();
        Matcher line = READ.matcher(console);
        while (line.find()) {
            int round = Integer.parseInt(line.group("round"));
            while (rounds.size() <= round) {
                rounds.add(new LinkedHashMap<>());
            }
            long[] counts = Arrays.stream(line.group("counts").strip().split(" +"))
                    .mapToLong(Long::parseLong)
                    .toArray();
            rounds.get(round).put(line.group("name"), counts);
        }
        return rounds;
    }

    /** The test's own reader of the guest's lines. */
    @Test
    void linesAreReadAsLinuxPrintsThem() {
        List<Map<String, long[]>> rounds = interrupts("""
            [    0.9] interrupts 0 LOC:       1234         77   Local timer interrupts
            [    0.9] interrupts 0 ERR:          0
            [    1.0] interrupts 1 RES:          3          4   Rescheduling interrupts
            """);
        assertThat(rounds).hasSize(2);
        assertThat(rounds.getFirst()).containsOnlyKeys("LOC", "ERR");
        assertThat(rounds.getFirst().get("LOC")).containsExactly(1234, 77);
        assertThat(rounds.getLast().get("RES")).containsExactly(3, 4);
    }
}
