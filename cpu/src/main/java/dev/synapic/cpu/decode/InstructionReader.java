// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.decode;

import dev.synapic.cpu.CodeSize;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.Handler;
import dev.synapic.cpu.execute.InstructionSet;
import org.jspecify.annotations.Nullable;

/** Reads one instruction, front to back: prefixes, opcode, ModRM, SIB, displacement, immediates. */
final class InstructionReader {
    private static final OpcodeEntry[] ONE_BYTE = OpcodeEntry.parseAll(OpcodeMaps.oneByte());
    private static final OpcodeEntry[] TWO_BYTE = OpcodeEntry.parseAll(OpcodeMaps.twoByte());
    private static final OpcodeEntry[] MAP_0F38_FROM_F0 = OpcodeEntry.parseAll(OpcodeMaps.map0f38FromF0());
    private static final OpcodeEntry INVPCID = OpcodeEntry.parse(OpcodeMaps.INVPCID);

    private static final int REX_B = 1, REX_X = 2, REX_R = 4, REX_W = 8;
    private static final int RSP = 4, RBP = 5;

    private final CodeBytes code;
    private final CodeSize size;
    private final boolean hasTzcnt;
    private final boolean hasLzcnt;

    // What is known of the instruction so far; see DecodedInstruction.
    private int opcode;
    private int operandSize;
    private int width;
    private int addressSize;
    private int reg;
    private int rm;
    private int base = DecodedInstruction.NONE;
    private int index = DecodedInstruction.NONE;
    private int scaleShift;
    private long displacement;
    private boolean ripRelative;
    private boolean memoryOperand;
    private int segment = DecodedInstruction.DS;
    private long firstImmediate;
    private int secondImmediate;
    private boolean lock;
    private boolean rep;
    private boolean repne;
    private boolean hasRex;

    private int rex;
    private boolean operandPrefix;
    private boolean addressPrefix;
    private int segmentPrefix = DecodedInstruction.NONE;
    private int modRm = -1;
    private OpcodeEntry chosen = OpcodeEntry.UNKNOWN;

    InstructionReader(byte[] bytes, int start, int limit, CodeSize size, boolean hasTzcnt, boolean hasLzcnt) {
        this.code = new CodeBytes(bytes, start, limit);
        this.size = size;
        this.hasTzcnt = hasTzcnt;
        this.hasLzcnt = hasLzcnt;
    }

    @Nullable
    DecodedInstruction read() {
        int first = prefixes();
        OpcodeEntry entry = select(opcode(first));
        chosen = entry;
        sizes(entry);
        operands(entry);
        if (code.endsTooEarly()) {
            return null;
        }
        if (code.cutToLongest()) {
            return refused(InstructionSet.TOO_LONG);
        }
        return finish(entry);
    }

    /** The mnemonic of what {@link #read} has read, as the opcode maps spell it. */
    String mnemonic() {
        return chosen.mnemonic();
    }

    private boolean is64() {
        return size == CodeSize.CODE64;
    }

    // ---- prefixes and opcode ----------------------------------------------------------------------------------------

    /** Takes all prefixes and returns the byte behind them. A REX prefix counts only directly before the opcode. */
    private int prefixes() {
        while (true) {
            int b = code.next();
            if (is64() && (b & 0xF0) == 0x40) {
                rex = b;
            } else if (legacyPrefix(b)) {
                rex = 0;
            } else {
                hasRex = rex != 0;
                return b;
            }
        }
    }

    private boolean legacyPrefix(int b) {
        switch (b) {
            case 0x66 -> operandPrefix = true;
            case 0x67 -> addressPrefix = true;
            case 0xF0 -> lock = true;
            case 0xF2 -> repetition(false);
            case 0xF3 -> repetition(true);
            case 0x26, 0x2E, 0x36, 0x3E -> segmentPrefix = is64() ? segmentPrefix : b >> 3 & 3;
            case 0x64, 0x65 -> segmentPrefix = b & 7;
            default -> {
                return false;
            }
        }
        return true;
    }

    /** The last of F2 and F3 counts. */
    private void repetition(boolean f3) {
        rep = f3;
        repne = !f3;
    }

    private OpcodeEntry opcode(int first) {
        opcode = first;
        if (first != 0x0F) {
            return ONE_BYTE[first];
        }
        int second = code.next();
        opcode = 0x0F00 | second;
        if (second != 0x38 && second != 0x3A) {
            return TWO_BYTE[second];
        }
        int third = code.next();
        opcode = opcode << 8 | third;
        if (second == 0x3A) {
            return OpcodeEntry.UNKNOWN;
        }
        if (third == 0x82) {
            return INVPCID;
        }
        return third >= 0xF0 && third - 0xF0 < MAP_0F38_FROM_F0.length
                ? MAP_0F38_FROM_F0[third - 0xF0]
                : OpcodeEntry.UNKNOWN;
    }

    /** Follows groups and alternatives down to one instruction. */
    private OpcodeEntry select(OpcodeEntry cell) {
        OpcodeEntry entry = alternative(cell);
        OpcodeEntry[] group = entry.group();
        boolean nested = false;
        while (group != null) {
            entry = alternative(group[groupIndex(group.length, nested)]);
            group = entry.group();
            nested = true;
        }
        return entry;
    }

    private int groupIndex(int length, boolean nested) {
        int b = modRm();
        if (nested) {
            return b & 7;
        }
        return (b >> 3 & 7) + (length == 16 && b >= 0xC0 ? 8 : 0);
    }

    private OpcodeEntry alternative(OpcodeEntry cell) {
        if (cell.alternatives().isEmpty()) {
            return cell;
        }
        if (is64() && cell.alternatives().containsKey("64")) {
            return cell.alternatives().get("64");
        }
        String prefix = rep ? "F3" : repne ? "F2" : operandPrefix ? "66" : "NP";
        OpcodeEntry chosen = cell.alternatives().getOrDefault(prefix, cell);
        boolean absent = chosen.mnemonic().equals("TZCNT") && !hasTzcnt
                || chosen.mnemonic().equals("LZCNT") && !hasLzcnt;
        return absent ? cell : chosen;
    }

    private int modRm() {
        if (modRm < 0) {
            modRm = code.next();
        }
        return modRm;
    }

    // ---- sizes ------------------------------------------------------------------------------------------------------

    private void sizes(OpcodeEntry entry) {
        addressSize = switch (size) {
            case CODE16 -> addressPrefix ? 4 : 2;
            case CODE32 -> addressPrefix ? 2 : 4;
            case CODE64 -> addressPrefix ? 4 : 8;
        };
        operandSize = operandSize(entry);
        width = operandSize;
        segment = segmentPrefix != DecodedInstruction.NONE ? segmentPrefix : DecodedInstruction.DS;
    }

    private int operandSize(OpcodeEntry entry) {
        if (size == CodeSize.CODE16) {
            return operandPrefix ? 4 : 2;
        }
        if (!is64()) {
            return operandPrefix ? 2 : 4;
        }
        if ((rex & REX_W) != 0 || entry.force64()) {
            return 8;
        }
        return operandPrefix ? 2 : entry.default64() ? 8 : 4;
    }

    private int width(char letter) {
        return switch (letter) {
            case 'b' -> 1;
            case 'w' -> 2;
            case 'd' -> 4;
            case 'q' -> 8;
            case 't' -> 10;
            case 'x' -> 16;
            case 'z' -> Math.min(operandSize, 4);
            case 'y' -> operandSize == 8 ? 8 : 4;
            default -> operandSize;
        };
    }

    // ---- operands ---------------------------------------------------------------------------------------------------

    private void operands(OpcodeEntry entry) {
        for (String operand : entry.operands()) {
            operandWidth(operand);
        }
        boolean toRegister = entry.modRm()
                && "RCD".indexOf(entry.form().charAt(0)) >= 0
                && entry.form().length() > 1;
        if (toRegister) {
            controlRegister();
        } else if (entry.modRm()) {
            modRmOperands();
            registerNumbers(entry);
        }
        for (String operand : entry.operands()) {
            implicit(operand, entry);
            immediate(operand);
        }
    }

    /** The width of the instruction is that of its E (or M, O, Z, string, accumulator) operand. */
    private void operandWidth(String operand) {
        switch (operand) {
            case "AL" -> width = 1;
            case "rAX", "1", "CL", "DX", "ES", "CS", "SS", "DS", "FS", "GS" -> {}
            default -> {
                boolean sized = operand.length() > 1 && "EMOZXYQW".indexOf(operand.charAt(0)) >= 0;
                if (sized) {
                    width = width(operand.charAt(1));
                }
            }
        }
    }

    /** MOV to and from control and debug registers: ModRM.mod is ignored, the size is the mode's. */
    private void controlRegister() {
        int b = modRm();
        reg = b >> 3 & 7 | ((rex & REX_R) != 0 ? 8 : 0);
        rm = b & 7 | ((rex & REX_B) != 0 ? 8 : 0);
        operandSize = is64() ? 8 : 4;
        width = operandSize;
    }

    private void modRmOperands() {
        int b = modRm();
        reg = b >> 3 & 7 | ((rex & REX_R) != 0 ? 8 : 0);
        memoryOperand = b < 0xC0;
        if (!memoryOperand) {
            rm = b & 7 | ((rex & REX_B) != 0 ? 8 : 0);
            return;
        }
        rm = DecodedInstruction.NONE;
        if (addressSize == 2) {
            memory16(b);
        } else {
            memory(b);
        }
        boolean stack = addressSize == 2 ? base == RBP : base == RSP || base == RBP;
        if (stack && segmentPrefix == DecodedInstruction.NONE) {
            segment = DecodedInstruction.SS;
        }
    }

    /** SDM vol. 2A, table 2-1. */
    private void memory16(int b) {
        int mod = b >> 6;
        int form = b & 7;
        if (mod == 0 && form == 6) {
            displacement = (short) code.next(2);
            return;
        }
        int bx = 3;
        int bp = 5;
        int si = 6;
        int di = 7;
        base = form < 2 || form == 7 ? bx : form == 4 ? si : form == 5 ? di : bp;
        index = form < 4 ? (form & 1) == 0 ? si : di : DecodedInstruction.NONE;
        displacement = mod == 0 ? 0 : mod == 1 ? (byte) code.next(1) : (short) code.next(2);
    }

    /** SDM vol. 2A, tables 2-2 and 2-3. */
    private void memory(int b) {
        int mod = b >> 6;
        int low = b & 7;
        boolean disp32 = mod == 2;
        if (low == RSP) {
            int sib = code.next();
            low = sib & 7;
            int indexed = sib >> 3 & 7 | ((rex & REX_X) != 0 ? 8 : 0);
            index = indexed == RSP ? DecodedInstruction.NONE : indexed;
            scaleShift = sib >> 6;
            disp32 |= low == RBP && mod == 0;
            base = low == RBP && mod == 0 ? DecodedInstruction.NONE : low | ((rex & REX_B) != 0 ? 8 : 0);
        } else if (mod == 0 && low == RBP) {
            disp32 = true;
            ripRelative = is64();
        } else {
            base = low | ((rex & REX_B) != 0 ? 8 : 0);
        }
        displacement = disp32 ? (int) code.next(4) : mod == 1 ? (byte) code.next(1) : 0;
    }

    /** Numbers AH to BH, segment registers without REX.R. */
    private void registerNumbers(OpcodeEntry entry) {
        for (String operand : entry.operands()) {
            switch (operand) {
                case "Gb" -> reg = register8(reg);
                case "Eb" -> rm = memoryOperand ? rm : register8(rm);
                case "Sw" -> reg &= 7;
                default -> {}
            }
        }
    }

    private int register8(int number) {
        return rex == 0 && number >= 4 && number < 8 ? number + 12 : number;
    }

    /** Operands without ModRM: the accumulator, the opcode's own register, segment registers, offsets. */
    private void implicit(String operand, OpcodeEntry entry) {
        switch (operand) {
            case "AL", "rAX" -> {
                if (entry.form().contains("G")) {
                    reg = 0;
                } else {
                    rm = 0;
                }
            }
            case "Zb", "Zv" -> {
                int number = opcode & 7 | ((rex & REX_B) != 0 ? 8 : 0);
                rm = operand.equals("Zb") ? register8(number) : number;
            }
            case "Ob", "Ov" -> {
                memoryOperand = true;
                rm = DecodedInstruction.NONE;
                displacement = code.next(addressSize);
            }
            case "ES" -> reg = DecodedInstruction.ES;
            case "CS" -> reg = DecodedInstruction.CS;
            case "SS" -> reg = DecodedInstruction.SS;
            case "DS" -> reg = DecodedInstruction.DS;
            case "FS" -> reg = DecodedInstruction.FS;
            case "GS" -> reg = DecodedInstruction.GS;
            default -> {}
        }
    }

    // ---- immediates -------------------------------------------------------------------------------------------------

    private void immediate(String operand) {
        switch (operand) {
            case "1" -> firstImmediate = 1;
            case "Ub" -> firstImmediate = code.next(1);
            case "Iw" -> firstImmediate = code.next(2);
            case "Ib" -> immediateByte();
            case "Jb" -> firstImmediate = (byte) code.next(1);
            case "Iz", "Jz" -> firstImmediate = operandSize == 2 ? (short) code.next(2) : (int) code.next(4);
            case "Iv" -> firstImmediate = operandSize == 8 ? code.next(8) : immediateZ();
            case "Ap" -> {
                firstImmediate = code.next(operandSize);
                secondImmediate = (int) code.next(2);
            }
            default -> {}
        }
    }

    private long immediateZ() {
        return operandSize == 2 ? (short) code.next(2) : (int) code.next(4);
    }

    /** Sign-extended, but for the second operand of ENTER. */
    private void immediateByte() {
        if (opcode == 0xC8) {
            secondImmediate = (int) code.next(1);
        } else {
            firstImmediate = (byte) code.next(1);
        }
    }

    // ---- the handler ------------------------------------------------------------------------------------------------

    private DecodedInstruction finish(OpcodeEntry entry) {
        if (entry.family() == null || (is64() ? entry.invalidIn64() : entry.only64())) {
            return refused(InstructionSet.UNKNOWN);
        }
        boolean lockWrong = lock && !(entry.lockable() && memoryOperand);
        if (lockWrong || entry.registersOnly() && memoryOperand || !operandsValid(entry)) {
            return refused(InstructionSet.UNDEFINED);
        }
        String form = entry.form();
        if (entry.reversible() && !memoryOperand) {
            int register = rm;
            rm = reg;
            reg = register;
            opcode ^= 2;
            form = "E,G";
        }
        if (opcode >= 0xD8 && opcode <= 0xDF) {
            secondImmediate = modRm();
        }
        boolean ends = entry.endsBlock() || entry.endsBlockRepeated() && (rep || repne);
        boolean quiet = entry.quiet() && (!memoryOperand || entry.mnemonic().equals("LEA"));
        DecodedInstruction operands = instruction(InstructionSet.UNKNOWN);
        return operands.executedBy(entry.family().handler(operands, form), ends, quiet);
    }

    /** Memory operands that are none, segment registers that do not exist or cannot be loaded. */
    private boolean operandsValid(OpcodeEntry entry) {
        for (String operand : entry.operands()) {
            boolean valid = switch (operand.charAt(0)) {
                case 'M' -> memoryOperand;
                case 'S' -> !operand.equals("Sw") || reg < 6;
                default -> true;
            };
            if (!valid) {
                return false;
            }
        }
        boolean loadsCs = entry.form().equals("S,E") && reg == DecodedInstruction.CS;
        return !loadsCs;
    }

    private DecodedInstruction refused(Handler handler) {
        return instruction(handler).executedBy(handler, true, false);
    }

    private DecodedInstruction instruction(Handler handler) {
        return new DecodedInstruction(
                handler,
                opcode,
                code.length(),
                code.position(),
                operandSize,
                width,
                addressSize,
                reg,
                rm,
                base,
                index,
                scaleShift,
                displacement,
                ripRelative,
                memoryOperand,
                segment,
                firstImmediate,
                secondImmediate,
                lock,
                rep,
                repne,
                hasRex,
                false,
                false);
    }
}
