// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cpu.CodeSize;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Integer instructions against rows recorded on a real processor (see the head of the row files). */
class NativeRowsTest {
    private static final long MEMORY = 0x20_0000;
    private static final List<String> REGISTERS =
            List.of("a", "c", "d", "b", "sp", "bp", "si", "di", "8", "9", "10", "11", "12", "13");
    private static final int DF = 1 << 10;
    private static final int ALL = Flags.ARITHMETIC;

    @Test
    void instructionsOf64BitCode() throws IOException {
        run("native64.rows", CodeSize.CODE64, 5000);
    }

    @Test
    void instructionsOf32BitCode() throws IOException {
        run("native32.rows", CodeSize.CODE32, 400);
    }

    private static void run(String resource, CodeSize size, int atLeast) throws IOException {
        BareCpu bare = new BareCpu(size);
        List<String> differences = new ArrayList<>();
        List<String> rows = rows(resource);
        for (String row : rows) {
            String difference = check(bare, row);
            if (difference != null) {
                differences.add(row + "\n    " + difference);
            }
        }
        System.out.println(resource + ": " + rows.size() + " rows, " + differences.size() + " differ");
        assertThat(differences).isEmpty();
        assertThat(rows).hasSizeGreaterThan(atLeast);
    }

    private static List<String> rows(String resource) throws IOException {
        try (InputStream stream = Objects.requireNonNull(NativeRowsTest.class.getResourceAsStream(resource))) {
            return new String(stream.readAllBytes(), UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .toList();
        }
    }

    private static String check(BareCpu bare, String line) {
        String[] sides = line.substring(0, line.indexOf(';')).split(">");
        String[] input = sides[0].trim().split(" ");
        DecodedInstruction in = bare.decode(HexFormat.of().parseHex(input[1]));
        Map<String, String> before = values(input, 2);
        load(bare, before);
        long count = bare.cpu.gpr[Operands.RCX];
        String expected = sides[1].trim();
        try {
            bare.execute(in);
        } catch (CpuException fault) {
            return fault.vector() == vector(expected) ? null : "raised " + fault.vector();
        }
        if (vector(expected) >= 0) {
            return "did not raise " + expected;
        }
        Map<String, String> after = new HashMap<>(before);
        after.putAll(values(expected.split(" "), 0));
        return difference(bare, after, undefined(input[0], in, count));
    }

    private static int vector(String expected) {
        return switch (expected) {
            case "DE" -> CpuException.DE;
            case "BR" -> CpuException.BR;
            default -> -1;
        };
    }

    private static Map<String, String> values(String[] words, int from) {
        Map<String, String> values = new HashMap<>();
        for (String word : Arrays.asList(words).subList(from, words.length)) {
            int equals = word.indexOf('=');
            values.put(word.substring(0, equals), word.substring(equals + 1));
        }
        return values;
    }

    private static long number(Map<String, String> values, String name, long otherwise) {
        String text = values.get(name);
        return text == null ? otherwise : Long.parseUnsignedLong(text, 16);
    }

    private static void load(BareCpu bare, Map<String, String> values) {
        Arrays.fill(bare.cpu.gpr, 0);
        for (String name : REGISTERS) {
            bare.cpu.gpr[REGISTERS.indexOf(name)] = number(values, name, name.equals("sp") ? MEMORY + 16 : 0);
        }
        long flags = number(values, "f", 0);
        bare.cpu.flags.setBits((int) flags);
        bare.cpu.flags.direction = (flags & DF) != 0;
        bare.cpu.rip = 0;
        bare.ram.putBytes(MEMORY, new byte[64]);
        if (values.containsKey("m")) {
            bare.ram.putBytes(MEMORY, HexFormat.of().parseHex(values.get("m")));
        }
    }

    private static String difference(BareCpu bare, Map<String, String> after, int undefined) {
        StringBuilder text = new StringBuilder();
        for (String name : REGISTERS) {
            long expected = number(after, name, name.equals("sp") ? MEMORY + 16 : 0);
            long actual = bare.cpu.gpr[REGISTERS.indexOf(name)];
            if (actual != expected) {
                text.append(name).append("=%x instead of %x ".formatted(actual, expected));
            }
        }
        int flags = bare.cpu.flags.bits() & ~undefined;
        long expectedFlags = number(after, "f", 0) & ALL & ~undefined;
        if (flags != expectedFlags) {
            text.append("f=%x instead of %x (undefined %x) ".formatted(flags, expectedFlags, undefined));
        }
        if (after.containsKey("m")) {
            byte[] memory = new byte[32];
            for (int i = 0; i < memory.length; i++) {
                memory[i] = bare.ram.getByte(MEMORY + i);
            }
            String actual = HexFormat.of().formatHex(memory);
            if (!actual.equals(after.get("m"))) {
                text.append("m=").append(actual).append(" instead of ").append(after.get("m"));
            }
        }
        return text.isEmpty() ? null : text.toString();
    }

    /** Flags that the SDM leaves undefined, per mnemonic and, for shifts, count. */
    private static int undefined(String mnemonic, DecodedInstruction in, long cl) {
        return switch (mnemonic) {
            case "and", "or", "xor", "test" -> Flags.AF;
            case "mul", "imul" -> Flags.SF | Flags.ZF | Flags.AF | Flags.PF;
            case "div", "idiv" -> ALL;
            case "bt", "bts", "btr", "btc" -> Flags.OF | Flags.SF | Flags.AF | Flags.PF;
            case "bsf", "bsr" -> ALL & ~Flags.ZF;
            case "tzcnt", "lzcnt" -> Flags.OF | Flags.SF | Flags.AF | Flags.PF;
            case "daa", "das" -> Flags.OF;
            case "aaa", "aas" -> Flags.OF | Flags.SF | Flags.ZF | Flags.PF;
            case "aam", "aad" -> Flags.OF | Flags.AF | Flags.CF;
            case "shl", "shr", "sar", "shld", "shrd" -> shifted(mnemonic, in, count(in, cl));
            case "rol", "ror", "rcl", "rcr" -> count(in, cl) > 1 ? Flags.OF : 0;
            default -> 0;
        };
    }

    private static int shifted(String mnemonic, DecodedInstruction in, int count) {
        if (count == 0) {
            return 0;
        }
        boolean carryLost = count >= in.width() * 8 && !mnemonic.equals("sar");
        return Flags.AF | (count > 1 ? Flags.OF : 0) | (carryLost ? Flags.CF : 0);
    }

    private static int count(DecodedInstruction in, long cl) {
        boolean byCl = in.opcode() == 0xD2 || in.opcode() == 0xD3 || in.opcode() == 0x0FA5 || in.opcode() == 0x0FAD;
        return (int) (byCl ? cl : in.immediate()) & (in.width() == 8 ? 63 : 31);
    }
}
