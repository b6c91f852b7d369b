// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.decode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cpu.CodeSize;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.execute.InstructionSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Instruction lengths and names against the GNU disassembler, over random bytes. Each sample stands alone, 32 bytes
 * apart; what our tables do not know, and what objdump calls bad, is left out. The seed is printed and can be given as
 * {@code -Dsynapic.seed}.
 */
class DecoderAgainstObjdumpTest {
    private static final int SAMPLES = 40_000;
    private static final int STRIDE = 32;
    private static final int[] PREFIXES = {
        0x66, 0x67, 0xF0, 0xF2, 0xF3, 0x2E, 0x36, 0x3E, 0x26, 0x64, 0x65, 0x48, 0x41, 0x4C
    };
    private static final Pattern LINE = Pattern.compile("^\\s*([0-9a-f]+):\\t((?:[0-9a-f]{2} )+)\\s*\\t?(.*)$");

    private static final String PREFIX =
            "(?:rex(?:[.][WRXB]+)?|data(16|32)|addr(16|32)|lock|repn?z|rep|[c-g]s|es|ss|xacquire|xrelease|bnd|notrack)";
    private static final Pattern PREFIXES_AND_NAME = Pattern.compile("^(?:" + PREFIX + " +)*(?<name>\\S+)");

    @TempDir
    Path directory;

    @BeforeAll
    static void needsObjdump() {
        boolean found;
        try {
            found = new ProcessBuilder("objdump", "--version")
                            .redirectErrorStream(true)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException | InterruptedException e) {
            found = false;
        }
        Assumptions.assumeTrue(found, "objdump (binutils) is not on the PATH");
    }

    @ParameterizedTest
    @EnumSource(CodeSize.class)
    void lengthsOfKnownInstructionsAgree(CodeSize size) throws Exception {
        long seed = Long.getLong("synapic.seed", 1L);
        System.out.println("decoder samples, " + size + ": -Dsynapic.seed=" + seed);
        byte[] code = samples(new Random(seed));
        List<String> listing = disassemble(code, size);
        List<String> differences = new ArrayList<>();
        int compared = 0;
        for (String line : listing) {
            Matcher matcher = LINE.matcher(line);
            if (!matcher.matches() || Integer.parseInt(matcher.group(1), 16) % STRIDE != 0) {
                continue;
            }
            int offset = Integer.parseInt(matcher.group(1), 16);
            String text = matcher.group(3);
            InstructionReader reader = new InstructionReader(code, offset, code.length, size, true, true);
            DecodedInstruction in = Objects.requireNonNull(reader.read());
            if (!comparable(in, text)) {
                continue;
            }
            compared++;
            int expected = matcher.group(2).trim().split(" ").length;
            if (in.length() != expected) {
                differences.add(matcher.group(2) + text + ": objdump " + expected + ", decoder " + in.length());
            } else if (!sameName(reader.mnemonic(), text)) {
                differences.add(matcher.group(2) + text + ": decoder says " + reader.mnemonic());
            }
        }
        System.out.println("compared " + compared);
        assertThat(differences).isEmpty();
        assertThat(compared).isGreaterThan(SAMPLES / 10);
    }

    /** objdump takes a prefix that does not fit, or an instruction's own oddity, for an instruction by itself. */
    @SuppressWarnings("ReferenceEquality") // the very handlers
    private static boolean comparable(DecodedInstruction in, String text) {
        boolean refused = in.handler() == InstructionSet.UNKNOWN
                || in.handler() == InstructionSet.UNDEFINED
                || in.handler() == InstructionSet.TOO_LONG;
        boolean fwaitPair = in.opcode() == 0x9B;
        boolean prefixAlone = text.matches("(" + PREFIX + "\\s*)+");
        return !refused && !fwaitPair && !prefixAlone && !text.contains("(bad)");
    }

    /** objdump's name may carry a size; our names leave out sizes and conditions. */
    private static boolean sameName(String ours, String text) {
        Matcher matcher = PREFIXES_AND_NAME.matcher(text);
        String theirs = matcher.find() ? matcher.group("name") : text;
        String pattern = switch (ours) {
            case "Jcc" -> "j(?!mp|.?cxz).{1,2}(,p[nt])?";
            case "CMOVcc" -> "cmov.{1,2}";
            case "SETcc" -> "set.{1,2}";
            case "JCXZ" -> "j.?cxz";
            case "CBW" -> "cbw|cwde|cdqe";
            case "CWD" -> "cwd|cdq|cqo";
            case "CALLF", "JMPF" -> ours.equals("CALLF") ? "l?call" : "l?jmp";
            case "LFP" -> "l[defgs]s";
            case "FENCE" -> "[lms]fence";
            case "UD" -> "ud[012][ab]?";
            case "NOP" -> "nopw?|prefetch.*|reservednop|clflush(opt)?|clwb|endbr..|cldemote|rdssp[dq]|bnd.*";
            case "VMMCALL" -> "vmmcall|vmgexit";
            case "FSGSBASE" -> "(rd|wr)[fg]sbase";
            case "XCHG" -> "xchg|nop";
            case "MOV" -> "mov(abs|nti)?";
            case "CMPXCHG8B" -> "cmpxchg(8|16)b";
            case "INT1" -> "int1|icebp";
            case "MOVSXD" -> "movsxd|movslq";
            case "MOVLPS", "MOVHPS" -> ours.toLowerCase(Locale.ROOT) + "|movhlps|movlhps";
            case "MOVD" -> "mov[dq]";
            case "CMPPS", "CMPPD", "CMPSS", "CMPSD" ->
                "cmp(eq|lt|le|unord|neq|nlt|nle|ord)?" + ours.substring(3).toLowerCase(Locale.ROOT);
            case "FNENI" -> "(fneni|fndisi|fnsetpm).*";
            case "CLFLUSH" -> "clflush(opt)?|clwb";
            case "FXSAVE", "FXRSTOR", "XSAVE", "XRSTOR", "XSAVEOPT" -> ours.toLowerCase(Locale.ROOT) + "(64)?";
            case "WBINVD" -> "wb(no)?invd";
            case "SHL" -> "shl|sal";
            case "INT3", "INTO" -> ours.toLowerCase(Locale.ROOT);
            default -> ours.toLowerCase(Locale.ROOT) + "(w|d|q|l|b|e|ne)?";
        };
        return theirs.matches(pattern);
    }

    private static byte[] samples(Random random) {
        byte[] code = new byte[SAMPLES * STRIDE];
        for (int sample = 0; sample < SAMPLES; sample++) {
            byte[] bytes = new byte[15];
            random.nextBytes(bytes);
            int at = sample * STRIDE;
            Arrays.fill(code, at, at + STRIDE, (byte) 0x90);
            int offset = at;
            for (int prefixes = Math.max(random.nextInt(5) - 2, 0); prefixes > 0; prefixes--) {
                code[offset++] = (byte) PREFIXES[random.nextInt(PREFIXES.length)];
            }
            if (random.nextInt(3) == 0) {
                code[offset++] = 0x0F;
            }
            System.arraycopy(bytes, 0, code, offset, bytes.length);
        }
        return code;
    }

    private List<String> disassemble(byte[] code, CodeSize size) throws Exception {
        String machine = switch (size) {
            case CODE16 -> "i8086";
            case CODE32 -> "i386";
            case CODE64 -> "i386:x86-64";
        };
        // One listing of all samples: the NOPs behind each one bring objdump back into step.
        Path binary = directory.resolve("code.bin");
        Files.write(binary, code);
        Path listing = directory.resolve("listing.txt");
        int status = new ProcessBuilder(
                        "objdump", "-Dwz", "-b", "binary", "-m", machine, "-M", "intel,intel64", binary.toString())
                .redirectOutput(listing.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        assertThat(status).isZero();
        return Files.readAllLines(listing);
    }
}
