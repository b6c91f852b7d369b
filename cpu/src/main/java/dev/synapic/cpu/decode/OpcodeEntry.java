// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.decode;

import dev.synapic.cpu.execute.Family;
import dev.synapic.cpu.execute.InstructionSet;
import dev.synapic.cpu.fpu.FpuInstructionSet;
import dev.synapic.cpu.simd.VectorInstructionSet;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A cell of the opcode maps, taken apart once.
 *
 * @param family null where the opcode is unknown
 * @param quiet without a memory operand, see {@link dev.synapic.cpu.DecodedInstruction#quiet}
 * @param group cells by ModRM, where the cell is a group; its own operands are not used then
 * @param alternatives cells by mandatory prefix or mode
 */
record OpcodeEntry(
        String mnemonic,
        @Nullable Family family,
        List<String> operands,
        String form,
        boolean modRm,
        boolean invalidIn64,
        boolean only64,
        boolean default64,
        boolean force64,
        boolean lockable,
        boolean endsBlock,
        boolean endsBlockRepeated,
        boolean reversible,
        boolean registersOnly,
        boolean quiet,
        OpcodeEntry @Nullable [] group,
        Map<String, OpcodeEntry> alternatives) {

    /** Those that, without a memory operand, touch general registers and arithmetic flags only. */
    private static final Set<String> QUIET = Set.of(
            "ADC", "ADD", "AND", "BSF", "BSR", "BSWAP", "BT", "BTC", "BTR", "BTS", "CBW", "CLC", "CLD", "CMC", "CMOVcc",
            "CMP", "CWD", "DEC", "IMUL", "INC", "LAHF", "LEA", "LZCNT", "MOV", "MOVSX", "MOVSXD", "MOVZX", "MUL", "NEG",
            "NOP", "NOT", "OR", "POPCNT", "RCL", "RCR", "ROL", "ROR", "SAHF", "SAR", "SBB", "SETcc", "SHL", "SHLD",
            "SHR", "SHRD", "STC", "STD", "SUB", "TEST", "TZCNT", "XCHG", "XOR");

    static final OpcodeEntry UNKNOWN = parse("-");

    static OpcodeEntry[] parseAll(String[] cells) {
        return Arrays.stream(cells).map(OpcodeEntry::parse).toArray(OpcodeEntry[]::new);
    }

    static OpcodeEntry parse(String cell) {
        String[] parts = cell.split(" \\| ");
        Map<String, OpcodeEntry> alternatives = new LinkedHashMap<>();
        for (int i = 1; i < parts.length; i++) {
            int space = parts[i].indexOf(' ');
            alternatives.put(parts[i].substring(0, space), parse(parts[i].substring(space + 1)));
        }
        return parts[0].startsWith("[")
                ? group(parts[0].substring(1, parts[0].length() - 1))
                : single(parts[0], Map.copyOf(alternatives));
    }

    private static OpcodeEntry group(String text) {
        String[] words = text.split(" ", 2);
        if (words[0].equals("map")) {
            return single("- ", Map.of());
        }
        String operands = words.length > 1 ? words[1] : "";
        OpcodeEntry[] cells = parseAll(OpcodeMaps.group(words[0], operands));
        return new OpcodeEntry(
                text, null, List.of(), "", true, false, false, false, false, false, false, false, false, false, false,
                cells, Map.of());
    }

    private static OpcodeEntry single(String text, Map<String, OpcodeEntry> alternatives) {
        List<String> words = List.of(text.trim().split(" "));
        String mnemonic = words.getFirst();
        boolean hasOperands = words.size() > 1 && !isFlag(words.get(1));
        List<String> operands = hasOperands ? List.of(words.get(1).split(",")) : List.of();
        return new OpcodeEntry(
                mnemonic,
                family(mnemonic),
                operands,
                form(operands),
                operands.stream().anyMatch(OpcodeEntry::fromModRm),
                words.contains("i64"),
                words.contains("o64"),
                words.contains("d64"),
                words.contains("f64"),
                words.contains("lock"),
                words.contains("end"),
                words.contains("endrep"),
                words.contains("rev"),
                words.contains("reg"),
                QUIET.contains(mnemonic)
                        && !words.contains("end")
                        && operands.stream().noneMatch(o -> kind(o, false).matches("[SCD]")),
                null,
                alternatives);
    }

    private static @Nullable Family family(String mnemonic) {
        if (mnemonic.equals("-") || mnemonic.equals("UNKNOWN")) {
            return null;
        }
        Family family = InstructionSet.family(mnemonic);
        if (family == null) {
            family = VectorInstructionSet.family(mnemonic);
        }
        if (family == null) {
            family = FpuInstructionSet.family(mnemonic);
        }
        if (family == null) {
            throw new IllegalStateException("opcode map names " + mnemonic + ", which has no handler");
        }
        return family;
    }

    private static boolean isFlag(String word) {
        return switch (word) {
            case "i64", "o64", "d64", "f64", "lock", "end", "endrep", "rev", "reg" -> true;
            default -> false;
        };
    }

    private static boolean fromModRm(String operand) {
        return switch (operand) {
            case "ES", "CS", "SS", "DS", "FS", "GS", "DX", "CL" -> false;
            default -> "EGMRSCDPQTVW".indexOf(operand.charAt(0)) >= 0;
        };
    }

    /** The operands' kinds for {@link Family}; the accumulator is an E without ModRM, or a G beside another E. */
    private static String form(List<String> operands) {
        boolean otherE = operands.stream().anyMatch(o -> "EMOZ".indexOf(o.charAt(0)) >= 0);
        return String.join(",", operands.stream().map(o -> kind(o, otherE)).toList());
    }

    private static String kind(String operand, boolean otherE) {
        return switch (operand) {
            case "ES", "CS", "SS", "DS", "FS", "GS" -> "S";
            case "AL", "rAX" -> otherE ? "G" : "E";
            case "CL", "DX" -> operand;
            case "1" -> "I";
            default ->
                switch (operand.charAt(0)) {
                    case 'E', 'M', 'O', 'Z' -> "E";
                    case 'I', 'U' -> "I";
                    default -> operand.substring(0, 1);
                };
        };
    }
}
