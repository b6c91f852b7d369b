// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A suite of very small guests of our own, run as a user would. */
class KutCommandTest {
    private static final int BASE = 0x10_0000;
    private static final int HEADERS = 96;
    private static final int SPIN = -1;

    @TempDir
    private Path directory;

    private Path config;

    @BeforeEach
    void suite() throws IOException {
        config = directory.resolve("unittests.cfg");
        Files.write(directory.resolve("good.flat"), guest("PASS: a\nPASS: b\nSUMMARY: 2 tests\n", 0));
        Files.write(
                directory.resolve("bad.flat"),
                guest("PASS: a\nFAIL: b is 3\nSUMMARY: 2 tests, 1 unexpected failures\n", 1));
        Files.write(directory.resolve("hang.flat"), guest("begin\n", SPIN));
        Files.write(directory.resolve("none.flat"), guest("SUMMARY: 1 tests, 1 skipped\n", 38));
        Files.writeString(config, """
            [good]
            file = good.flat
            groups = one
            [hang]
            file = hang.flat
            timeout = 1
            groups = two
            [bad]
            file = bad.flat
            groups = one
            [none]
            file = none.flat
            smp = 2
            extra_params = -cpu max
            [manual]
            file = good.flat
            groups = nodefault
            [cpu]
            file = good.flat
            extra_params = -cpu max,+nonsense
            """);
    }

    /**
     * A Multiboot-1 kernel (ELF32) that prints a text to COM1 and writes a value to isa-debug-exit, or spins.
     */
    private static byte[] guest(String text, int value) {
        int[] code = {
            0xBE,
            0,
            0,
            0,
            0, // mov esi, text
            0x66,
            0xBA,
            0xF8,
            0x03, // mov dx, COM1
            0xAC, // next: lodsb
            0x84,
            0xC0, // test al, al
            0x74,
            0x03, // jz end
            0xEE, // out dx, al
            0xEB,
            0xF8, // jmp next
            0xB0,
            value & 0xFF, // end: mov al, value
            value == SPIN ? 0x90 : 0xE6,
            value == SPIN ? 0x90 : 0xF4, // out 0xF4, al
            0xEB,
            0xFE // jmp itself
        };
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        int size = HEADERS + code.length + bytes.length + 1;
        ByteBuffer elf = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0x464C457F).putInt(0x00010101).putLong(0);
        elf.putShort((short) 2).putShort((short) 3).putInt(1).putInt(BASE + HEADERS);
        elf.putInt(52)
                .putInt(0)
                .putInt(0)
                .putShort((short) 52)
                .putShort((short) 32)
                .putShort((short) 1);
        elf.position(52);
        elf.putInt(1)
                .putInt(0)
                .putInt(BASE)
                .putInt(BASE)
                .putInt(size)
                .putInt(size)
                .putInt(7)
                .putInt(4096);
        elf.putInt(0x1BADB002).putInt(0).putInt(-0x1BADB002);
        for (int b : code) {
            elf.put((byte) b);
        }
        elf.put(bytes);
        return elf.putInt(HEADERS + 1, BASE + HEADERS + code.length).array();
    }

    private Invocation kut(String... arguments) {
        String[] all = new String[arguments.length + 2];
        all[0] = "kut";
        all[1] = config.toString();
        System.arraycopy(arguments, 0, all, 2, arguments.length);
        return Invocation.of(all);
    }

    @Test
    void linesAreTheRunnersAndInTheFilesOrder() {
        Invocation run = kut("-j", "4");
        assertThat(run.out()).isEqualTo("""
            PASS good (2 tests)
            FAIL hang (timeout; duration=1)
            FAIL bad (2 tests, 1 unexpected failures)
            SKIP none (1 tests, 1 skipped)
            SKIP manual (test marked as manual run only)
            SKIP cpu (qemu-system-x86_64: unknown -cpu flag 'nonsense'; nearest is 'sse')
            """.replaceFirst("nearest is '.*'", nearest(run.out())));
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isEqualTo(6);
    }

    private static String nearest(String text) {
        return text.substring(text.indexOf("nearest is"), text.lastIndexOf('\'') + 1);
    }

    @Test
    void selectionIsByNameAndGroup() {
        assertThat(kut("good", "none").out()).isEqualTo("PASS good (2 tests)\nSKIP none (1 tests, 1 skipped)\n");
        assertThat(kut("-g", "one", "--list").out()).isEqualTo("good\nbad\n");
        assertThat(kut("manual").out()).isEqualTo("SKIP manual (test marked as manual run only)\n");
        assertThat(kut("manual", "-a").out()).isEqualTo("PASS manual (2 tests)\n");
        assertThat(kut("-g", "nodefault").out()).isEqualTo("PASS manual (2 tests)\n");
        assertThat(kut("good").status()).isZero();
    }

    @Test
    void aKnownFailureIsToldAndDoesNotFailTheSuite() throws IOException {
        Path known = Files.writeString(directory.resolve("known"), "# list\nbad: b is not modelled\ngood: long ago\n");
        Invocation run = kut("-g", "one", "--known", known.toString());
        assertThat(run.out()).isEqualTo("PASS good (2 tests)\nFAIL bad (known: b is not modelled)\n");
        assertThat(run.err()).isEqualTo("synapic kut: good passes, and --known lists it: long ago\n");
        assertThat(run.status()).isZero();
    }

    @Test
    void reportsAreWritten() throws IOException {
        Path logs = directory.resolve("logs");
        Path junit = directory.resolve("r.xml");
        Path markdown = directory.resolve("r.md");
        Invocation run = kut(
                "-g",
                "one",
                "--json",
                "--logs",
                logs.toString(),
                "--junit",
                junit.toString(),
                "--markdown",
                markdown.toString());
        Map<String, Object> json = run.json();
        assertThat(json).containsEntry("schema", "synapic.kut/1").containsEntry("failed", 1);
        Map<String, Object> bad = Invocation.objects(json.get("tests")).getLast();
        assertThat(bad)
                .containsEntry("name", "bad")
                .containsEntry("status", "fail")
                .containsEntry("checks", 2)
                .containsEntry("checksPassed", 1);
        assertThat(bad.get("failures")).asString().isEqualTo("[b is 3]");
        assertThat(((Number) bad.get("virtualNanos")).longValue()).isPositive();
        assertThat(logs.resolve("bad.log"))
                .content()
                .startsWith("synapic qemu ")
                .contains("FAIL: b is 3\n");
        assertThat(junit).content().contains("<testcase classname=\"kvm-unit-tests\" name=\"bad\"");
        assertThat(markdown).content().contains("| bad |  | fail | 1/2 |");
    }

    @Test
    void theSameSeedGivesTheSameResults() {
        Path first = directory.resolve("1.md");
        Path second = directory.resolve("2.md");
        kut("-g", "one", "--markdown", first.toString());
        kut("-g", "one", "-j", "1", "--markdown", second.toString());
        assertThat(first).hasSameTextualContentAs(second);
    }

    @Test
    void anInterruptedSuiteSaysSo() {
        assertThat(Invocation.interrupted("kut", config.toString()).status()).isEqualTo(130);
    }

    @Test
    void wrongInputNamesTheFix() throws IOException {
        Path other = Files.writeString(directory.resolve("other.cfg"), "[a]\nfile = a.flat\ntimeout = soon\n");
        Path known = Files.writeString(directory.resolve("known"), "bad\n");
        assertThat(Invocation.of("kut").err()).contains("missing required parameter: 'CFG'");
        assertThat(kut("god").err()).isEqualTo("synapic: " + config + ": no test is named 'god'; nearest is 'good'\n");
        assertThat(kut("-g", "three").err())
                .isEqualTo("synapic: -g three: no test is in that group; there are nodefault, one, two\n");
        assertThat(kut("-t", "soon").err())
                .isEqualTo("synapic: --timeout soon: expected a number of seconds, or one with s, m, h or d\n");
        assertThat(kut("--known", known.toString()).err())
                .isEqualTo("synapic: --known " + known + ":1: why does it fail? Write bad: REASON\n");
        Invocation timeout = Invocation.of("kut", other.toString());
        assertThat(timeout.err())
                .isEqualTo(
                        "synapic: [a], line 1: timeout soon: expected a number of seconds, or one with s, m, h or d\n");
        assertThat(timeout.status()).isEqualTo(2);
        assertThat(Invocation.of("kut", directory.resolve("no.cfg").toString()).err())
                .endsWith("no.cfg: no such file\n");
    }
}
