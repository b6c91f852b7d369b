// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The state of a fabric goes out and comes back through JSON. */
class OracleStateTest {
    private static final long SEED = Long.getLong("synapic.seed", 1);
    private static final int ROUNDS = Integer.getInteger("synapic.rounds", 12);
    private static final int STEPS = 120;
    private static final String STATE = "{\"op\":\"state\"}\n";

    /** The text between the braces of a state's reply. */
    private static String state(OracleClient oracle) {
        String reply = oracle.send(STATE).getFirst();
        assertThat(reply).startsWith("{\"result\":{");
        return reply.substring("{\"result\":".length(), reply.lastIndexOf(",\"events\":["));
    }

    private static String restore(String state) {
        return "{\"op\":\"restore\",\"state\":" + state + "}\n";
    }

    @Test
    void whatStateGaveRestoreTakesIntoTheSameFabricAndIntoANewOne() {
        for (long seed = SEED; seed < SEED + ROUNDS; seed++) {
            walk(seed, seed % 2 == 0 ? "full" : "split");
        }
    }

    private static void walk(long seed, String chip) {
        Random random = new Random(seed);
        RandomRequests requests = new RandomRequests(random);
        String create = "{\"op\":\"create\",\"irqchip\":\"" + chip + "\"," + RandomRequests.CREATE + "}\n";
        try (OracleClient oracle = new OracleClient();
                OracleClient other = new OracleClient()) {
            oracle.send(create);
            other.send(create);
            String before = state(oracle);
            for (int step = 0; step < STEPS; step++) {
                oracle.send("{" + requests.next() + "}\n");
                if (step % 20 == 19) {
                    String now = state(oracle);
                    String where = "-Dsynapic.seed=" + seed + ", step " + step;
                    assertThat(oracle.send(restore(before)).getFirst())
                            .as(where)
                            .contains("\"result\":null");
                    assertThat(state(oracle)).as(where).isEqualTo(before);
                    assertThat(oracle.send(restore(now)).getFirst())
                            .as(where)
                            .isEqualTo("{\"result\":null,\"events\":[]}");
                    assertThat(state(oracle)).as(where).isEqualTo(now);
                    copyMemory(oracle, other);
                    assertThat(other.send(restore(now)).getFirst()).as(where).contains("\"result\":null");
                    assertThat(state(other)).as(where).isEqualTo(now);
                    before = now;
                }
            }
        }
    }

    private static void copyMemory(OracleClient from, OracleClient to) {
        String bytes = (String) from.result("{'op':'mem-read','gpa':0,'length':65536}");
        to.send("{\"op\":\"mem-write\",\"gpa\":0,\"data\":\"" + bytes + "\"}\n");
    }

    /** What is restored goes on as what was saved: the same requests get the same replies. */
    @Test
    void aRestoredFabricAnswersAsTheSavedOne() {
        try (OracleClient oracle = OracleClient.with("");
                OracleClient other = OracleClient.with("")) {
            for (String request : List.of(
                    "{'op':'mmio-write','vcpu':0,'gpa':'0xfee003e0','value':'0xb'}",
                    "{'op':'mmio-write','vcpu':0,'gpa':'0xfee00320','value':'0x20031'}",
                    "{'op':'mmio-write','vcpu':0,'gpa':'0xfee00380','value':100}",
                    "{'op':'msi','address':'0xfee00000','data':'0x41'}",
                    "{'op':'advance','ns':130}")) {
                oracle.result(request);
            }
            other.send(restore(state(oracle)));
            for (String request : List.of(
                    "{'op':'acknowledge','vcpu':0}",
                    "{'op':'mmio-read','vcpu':0,'gpa':'0xfee00390'}",
                    "{'op':'advance','ns':200}",
                    "{'op':'eoi','vcpu':0}")) {
                Map<String, Object> reply = oracle.ask(request);
                assertThat(other.ask(request)).as(request).isEqualTo(reply);
            }
        }
    }

    @Test
    void aStateWithMessagesThatWaitBringsTheirQueue() {
        try (OracleClient oracle = OracleClient.with("");
                OracleClient other = OracleClient.with("")) {
            for (String msr :
                    List.of("'0x40000083','value':'0x1001'", "'0x40000080','value':1", "'0x40000092','value':'0x52'")) {
                oracle.result("{'op':'msr-write','vcpu':0,'msr':" + msr + "}");
            }
            oracle.result("{'op':'post-message','vp':0,'sint':2,'type':1}");
            oracle.result("{'op':'post-message','vp':0,'sint':2,'type':2,'sender':5,'payload':'0102'}");
            String saved = state(oracle);
            assertThat(saved).contains("{\"type\":\"0x2\",\"sender\":\"0x5\",\"payload\":\"0102\"}");

            other.send(restore(saved));
            other.result("{'op':'msr-write','vcpu':0,'msr':'0x40000084','value':0}");

            assertThat(other.result("{'op':'mem-read','gpa':'0x1200'}")).isEqualTo("0x2");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        "initialApicId":"0x0"      | "initialApicId":"0x5"  | field 'state': the state is that of APIC 5, not of APIC 0
        "nanos":"0x0"              | "nanos":"-5"           | field 'state.nanos' is "-5"; give a whole number or a hex string such as "0x41"
        "nanos":"0x0"              | "nanos":-5             | field 'state': times of the state are negative or too late: -5, 9223372036854775807
        "version":"0x1","nanos"    | "version":"0x9","nanos" | field 'state': oracle state version 9 is unknown; this build reads version 1
        "tpr":"0x0"                | "tpr":"0x100"          | field 'state.fabric.processors[0].apic.vectors': TPR has 8 bits, the state has 256
        "tpr":"0x0"                | "tpr":"0x100000000"    | field 'state.fabric.processors[0].apic.vectors.tpr' is "0x100000000"; it has 32 bits
        "tpr":"0x0"                | "tpr":"0x0","x":1      | field 'state.fabric.processors[0].apic.vectors.x' is unknown; there are: autoEoi, irr, isr, tmr, tpr
        "nmiBlocked":false         | "nmiBlocked":0         | field 'state.fabric.processors[0].apic.events.nmiBlocked' is 0; give true or false
        "irr":["0x0"               | "irr":["0x1"           | field 'state.fabric.processors[0].apic.vectors': IRR has vector 0; vectors below 16 are never accepted
        "reasons":["DISABLED"]     | "reasons":["disabled"] | field 'state.fabric.apicv.reasons[0]' is "disabled", which is no InhibitReason
        "deferredAcks":[]          | "deferredAcks":null    | field 'state.fabric.routing.deferredAcks' is null; give a list
        "deferredAcks":[]          | "deferredAcks":[9999]  | field 'state.fabric.routing': gsi 9999 of a deferred acknowledgement is not below 4096
        "ports":[]                 | "ports":[{"vp":9,"sint":0}] | field 'state': the state has a port of a SINT that is not there: Place[vp=9, sint=0]
        "ports":[]                 | "ports":[{"vp":0,"sint":0}] | field 'state': the state has 0 message queues, this machine has 1
        "tscOffsets":["0x0"],"deferredAcksAt" | "tscOffsets":[],"deferredAcksAt" | field 'state': the state has TSC offsets of 0 processors, this fabric has 1
        """)
    void aStateThatNoFabricCanHaveIsRefusedAndChangesNothing(String part, String replacement, String error) {
        try (OracleClient oracle = OracleClient.with("")) {
            String fresh = state(oracle);
            assertThat(fresh).contains(part);
            oracle.result("{'op':'msi','address':'0xfee00000','data':'0x41'}");
            oracle.result("{'op':'advance','ns':10}");
            String now = state(oracle);

            String broken = fresh.replaceFirst(Pattern.quote(part), replacement);
            assertThat(oracle.send(restore(broken)).getFirst())
                    .isEqualTo("{\"error\":\"" + error.replace("\"", "\\\"") + "\"}");

            assertThat(state(oracle)).isEqualTo(now);
        }
    }

    /** Numbers that nobody saved: either the state is refused, or the fabric goes on with it; the oracle never fails. */
    @Test
    void aStateOfRandomNumbersIsRefusedOrTheFabricGoesOnWithIt() throws IOException {
        for (long seed = SEED; seed < SEED + 4L * ROUNDS; seed++) {
            Random random = new Random(seed);
            RandomRequests requests = new RandomRequests(random);
            List<String> lines = new ArrayList<>();
            try (OracleClient oracle = new OracleClient()) {
                for (String line = "{\"op\":\"create\"," + RandomRequests.CREATE + "}";
                        lines.size() < 60;
                        line = "{" + requests.next() + "}") {
                    lines.add(line);
                    oracle.send(line + "\n");
                }
                String spoiled = restore(spoiled(state(oracle), random)).strip();
                lines.add(spoiled);
                oracle.send(spoiled + "\n");
                for (int i = 0; i < 60; i++) {
                    lines.add("{" + requests.next() + "}");
                    oracle.send(lines.getLast() + "\n");
                }
                oracle.send(restore(state(oracle)));
            } catch (AssertionError | RuntimeException failure) {
                Path file = Path.of("target", "reproducers", "oracle-state-" + seed + ".jsonl");
                Files.createDirectories(file.getParent());
                Files.write(file, lines);
                throw new AssertionError(
                        "-Dsynapic.seed=%d -Dsynapic.rounds=1, see %s: %s".formatted(seed, file, failure.getMessage()),
                        failure);
            }
        }
    }

    private static String spoiled(String state, Random random) {
        Matcher numbers = Pattern.compile("\"0x[0-9a-f]+\"").matcher(state);
        return numbers.replaceAll(number -> random.nextInt(60) == 0 ? randomNumber(random) : number.group());
    }

    private static String randomNumber(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> "\"0x0\"";
            case 1 -> "\"0x1\"";
            case 2 -> "\"0xffffffff\"";
            case 3 -> "\"0x" + Integer.toHexString(random.nextInt(0x2000)) + "\"";
            case 4 -> "\"0x" + Integer.toHexString(1 << random.nextInt(31)) + "\"";
            default -> "\"0x" + Integer.toHexString(random.nextInt()) + "\"";
        };
    }

    /** A state of more processors than fit into a line of the usual length is told, and taken with longer lines. */
    @Test
    void theStateOfAThousandProcessorsIsTold() {
        try (OracleClient oracle = OracleClient.with("'vcpus':1024")) {
            String state = state(oracle);
            assertThat(state.length()).isGreaterThan(OracleClient.LONGEST_LINE);
            assertThat(oracle.send(restore(state)).getFirst()).contains("longer than 1048576 bytes; see --max-line");
        }
    }
}
