// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cpu.CodeSize;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.state.FpuRegisters;
import dev.synapic.cpu.state.VectorRegisters;
import dev.synapic.spec.x86.Cr0;
import dev.synapic.spec.x86.Cr4;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** MMX, SSE and x87 instructions against rows recorded on a real processor (see the head of the row files). */
class NativeFloatRowsTest {
    private static final long MEMORY = 0x20_0000;
    private static final List<String> REGISTERS =
            List.of("a", "c", "d", "b", "sp", "bp", "si", "di", "8", "9", "10", "11", "12", "13");
    /** Their last place is the processor's own (SDM vol. 1, 8.3.10). */
    private static final Set<String> TRANSCENDENTAL =
            Set.of("f2xm1", "fyl2x", "fyl2xp1", "fsin", "fcos", "fsincos", "fptan", "fpatan");

    private static final int MOST_SHOWN = 4000;

    private final BareCpu bare = new BareCpu(CodeSize.CODE64);

    NativeFloatRowsTest() {
        bare.cpu.control.cr0 |= Cr0.NE;
        bare.cpu.control.cr4 |= Cr4.OSFXSR | Cr4.OSXMMEXCPT;
    }

    @Test
    void vectorInstructions() throws IOException {
        run("native-sse.rows", 3000);
    }

    @Test
    void x87Instructions() throws IOException {
        run("native-x87.rows", 2000);
    }

    private void run(String resource, int atLeast) throws IOException {
        String other = System.getProperty("synapic.rows." + resource);
        String text;
        if (other != null) {
            text = Files.readString(Path.of(other));
        } else {
            try (InputStream stream = Objects.requireNonNull(NativeFloatRowsTest.class.getResourceAsStream(resource))) {
                text = new String(stream.readAllBytes(), UTF_8);
            }
        }
        List<String> differences = new ArrayList<>();
        int rows = 0;
        for (String line : text.split("\n")) {
            if (line.startsWith("#")) {
                continue;
            }
            rows++;
            String difference = check(line);
            if (difference != null) {
                differences.add(line + "\n    " + difference);
            }
        }
        System.out.println(resource + ": " + rows + " rows, " + differences.size() + " differ");
        assertThat(differences.subList(0, Math.min(differences.size(), MOST_SHOWN)))
                .isEmpty();
        assertThat(rows).isGreaterThan(atLeast);
    }

    private String check(String line) {
        String[] sides = line.substring(0, line.indexOf(';')).split(">");
        String[] input = sides[0].trim().split(" ");
        DecodedInstruction in = bare.decode(HexFormat.of().parseHex(input[1]));
        Map<String, String> before = values(input, 2);
        load(before);
        String[] expected = sides[1].trim().split(" ");
        boolean faults = !expected[0].isEmpty() && !expected[0].contains("=");
        Map<String, String> after = new HashMap<>(before);
        after.putAll(values(expected, faults ? 1 : 0));
        try {
            bare.execute(in);
        } catch (CpuException fault) {
            return faults && fault.vector() == vector(expected[0])
                    ? difference(input[0], after)
                    : "raised " + fault.vector() + " " + Objects.toString(difference(input[0], after), "");
        }
        return faults ? "did not raise " + expected[0] : difference(input[0], after);
    }

    private static int vector(String name) {
        return switch (name) {
            case "XM" -> CpuException.XM;
            case "GP" -> CpuException.GP;
            case "UD" -> CpuException.UD;
            case "MF" -> CpuException.MF;
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static Map<String, String> values(String[] words, int from) {
        Map<String, String> values = new HashMap<>();
        for (String word : Arrays.asList(words).subList(from, words.length)) {
            int equals = word.indexOf('=');
            if (equals > 0) {
                values.put(word.substring(0, equals), word.substring(equals + 1));
            }
        }
        return values;
    }

    private static long number(Map<String, String> values, String name, long otherwise) {
        String text = values.get(name);
        return text == null ? otherwise : Long.parseUnsignedLong(text, 16);
    }

    // ---- before
    // ------------------------------------------------------------------------------------------------------------

    private void load(Map<String, String> values) {
        Arrays.fill(bare.cpu.gpr, 0);
        for (String name : REGISTERS) {
            bare.cpu.gpr[REGISTERS.indexOf(name)] = number(values, name, 0);
        }
        bare.cpu.flags.setBits((int) number(values, "f", 0));
        bare.cpu.rip = 0;
        bare.ram.putBytes(MEMORY, new byte[64]);
        if (values.containsKey("m")) {
            bare.ram.putBytes(MEMORY, HexFormat.of().parseHex(values.get("m")));
        }
        VectorRegisters vectors = bare.cpu.vectors;
        vectors.mxcsr = (int) number(values, "mx", VectorRegisters.MXCSR_RESET);
        for (int i = 0; i < VectorRegisters.COUNT; i++) {
            String text = padded(values.get("x" + i), 32);
            vectors.xmm[2 * i + 1] = Long.parseUnsignedLong(text, 0, 16, 16);
            vectors.xmm[2 * i] = Long.parseUnsignedLong(text, 16, 32, 16);
        }
        loadFpu(values);
    }

    private void loadFpu(Map<String, String> values) {
        FpuRegisters fpu = bare.cpu.fpu;
        fpu.initialize();
        fpu.setControl((int) number(values, "fcw", FpuRegisters.CONTROL_RESET));
        fpu.setStatus((int) number(values, "fsw", 0));
        fpu.setAbridgedTags((int) number(values, "ftw", 0));
        for (int i = 0; i < FpuRegisters.COUNT; i++) {
            String text = padded(values.get("s" + i), 20);
            fpu.restore(i, Integer.parseInt(text, 0, 4, 16), Long.parseUnsignedLong(text, 4, 20, 16));
        }
    }

    private static String padded(String text, int digits) {
        return text == null ? "0".repeat(digits) : text;
    }

    // ---- after
    // -------------------------------------------------------------------------------------------------------------

    private String difference(String mnemonic, Map<String, String> after) {
        StringBuilder text = new StringBuilder();
        for (String name : REGISTERS) {
            compare(text, name, bare.cpu.gpr[REGISTERS.indexOf(name)], number(after, name, 0));
        }
        compare(text, "f", bare.cpu.flags.bits(), number(after, "f", 0));
        compare(text, "mx", bare.cpu.vectors.mxcsr, number(after, "mx", VectorRegisters.MXCSR_RESET));
        compare(text, "fcw", bare.cpu.fpu.control(), number(after, "fcw", FpuRegisters.CONTROL_RESET));
        int known = ~undefinedStatus(mnemonic);
        compare(text, "fsw", bare.cpu.fpu.status() & known, number(after, "fsw", 0) & known);
        compare(text, "ftw", bare.cpu.fpu.abridgedTags(), number(after, "ftw", 0));
        long[] xmm = bare.cpu.vectors.xmm;
        for (int i = 0; i < VectorRegisters.COUNT; i++) {
            compare(text, "x" + i, "%016x%016x".formatted(xmm[2 * i + 1], xmm[2 * i]), padded(after.get("x" + i), 32));
        }
        FpuRegisters fpu = bare.cpu.fpu;
        for (int i = 0; i < FpuRegisters.COUNT; i++) {
            String actual = "%04x%016x".formatted(fpu.signAndExponent(i), fpu.significand(i));
            String expected = padded(after.get("s" + i), 20);
            if (!TRANSCENDENTAL.contains(mnemonic) || !differInLastPlace(actual, expected)) {
                compare(text, "s" + i, actual, expected);
            }
        }
        if (after.containsKey("m")) {
            byte[] memory = new byte[32];
            bare.ram.getBytes(MEMORY, memory, 0, memory.length);
            compare(text, "m", HexFormat.of().formatHex(memory), after.get("m"));
        }
        return text.isEmpty() ? null : text.toString();
    }

    /** Condition codes that the SDM leaves undefined, or, for FCOMI, defines in another way than the processor of the rows. */
    private static int undefinedStatus(String mnemonic) {
        boolean toFlags = mnemonic.startsWith("fcomi") || mnemonic.startsWith("fucomi");
        return toFlags || TRANSCENDENTAL.contains(mnemonic) ? FpuRegisters.C1 : 0;
    }

    private static boolean differInLastPlace(String actual, String expected) {
        BigInteger distance = new BigInteger(actual, 16).subtract(new BigInteger(expected, 16));
        return distance.abs().equals(BigInteger.ONE);
    }

    private static void compare(StringBuilder text, String name, long actual, long expected) {
        compare(text, name, Long.toHexString(actual), Long.toHexString(expected));
    }

    private static void compare(StringBuilder text, String name, String actual, String expected) {
        if (!actual.equals(expected)) {
            text.append("%s=%s instead of %s ".formatted(name, actual, expected));
        }
    }
}
