// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.Handler;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** From mnemonics, as the opcode maps spell them, to handlers. A table; condition codes stand as "cc". */
public final class InstructionSet {
    /** #UD for an instruction that this engine does not know: told to the platform. */
    public static final Handler UNKNOWN = SystemInstructions::ud;
    /** #UD that the manual demands. */
    public static final Handler UNDEFINED = FlagInstructions::undefined;
    /** #GP(0) for more than 15 bytes. */
    public static final Handler TOO_LONG = FlagInstructions::tooLong;

    private static final Handler NOP = FlagInstructions::nop;
    private static final Map<String, Family> FAMILIES = families();

    private InstructionSet() {}

    /** The family of a mnemonic, or null where the opcode maps name what does not exist. */
    public static @Nullable Family family(String mnemonic) {
        return FAMILIES.get(mnemonic);
    }

    private static Map<String, Family> families() {
        Map<String, Family> all = new HashMap<>();
        arithmetic(all);
        moves(all);
        bits(all);
        stackAndBranches(all);
        stringsAndFlags(all);
        system(all);
        processorControl(all);
        return Map.copyOf(all);
    }

    private static void one(Map<String, Family> all, String mnemonic, Handler handler) {
        all.put(mnemonic, (in, form) -> handler);
    }

    private static void arithmetic(Map<String, Family> all) {
        update(all, "ADD", Arithmetic::add);
        update(all, "OR", Arithmetic::or);
        update(all, "ADC", Arithmetic::adc);
        update(all, "SBB", Arithmetic::sbb);
        update(all, "AND", Arithmetic::and);
        update(all, "SUB", Arithmetic::sub);
        update(all, "XOR", Arithmetic::xor);
        update(all, "INC", Arithmetic::inc);
        update(all, "DEC", Arithmetic::dec);
        update(all, "NEG", Arithmetic::neg);
        update(all, "NOT", Arithmetic::not);
        comparison(all, "CMP", Arithmetic::sub);
        comparison(all, "TEST", Arithmetic::and);
        update(all, "ROL", Shifts::rol);
        update(all, "ROR", Shifts::ror);
        update(all, "RCL", Shifts::rcl);
        update(all, "RCR", Shifts::rcr);
        update(all, "SHL", Shifts::shl);
        update(all, "SHR", Shifts::shr);
        update(all, "SAR", Shifts::sar);
        all.put(
                "SHLD",
                (in, form) -> form.endsWith("I") ? ShiftInstructions::shldImmediate : ShiftInstructions::shldCl);
        all.put(
                "SHRD",
                (in, form) -> form.endsWith("I") ? ShiftInstructions::shrdImmediate : ShiftInstructions::shrdCl);
        one(all, "MUL", Multiplication::mul);
        all.put("IMUL", (in, form) -> switch (form) {
            case "G,E" -> Multiplication::imulGE;
            case "G,E,I" -> Multiplication::imulGEI;
            default -> Multiplication::imul;
        });
        one(all, "DIV", Multiplication::div);
        one(all, "IDIV", Multiplication::idiv);
        one(all, "DAA", DecimalInstructions::daa);
        one(all, "DAS", DecimalInstructions::das);
        one(all, "AAA", DecimalInstructions::aaa);
        one(all, "AAS", DecimalInstructions::aas);
        one(all, "AAM", DecimalInstructions::aam);
        one(all, "AAD", DecimalInstructions::aad);
    }

    private static void update(Map<String, Family> all, String mnemonic, Operation operation) {
        HotForms hot = new HotForms(mnemonic);
        all.put(mnemonic, (in, form) -> {
            Handler special = hot.handler(in, form);
            return special != null ? special : Updates.handler(operation, in, form);
        });
    }

    private static void comparison(Map<String, Family> all, String mnemonic, Operation operation) {
        HotForms hot = new HotForms(mnemonic);
        all.put(mnemonic, (in, form) -> {
            Handler special = hot.handler(in, form);
            return special != null ? special : Updates.comparison(operation, form);
        });
    }

    private static void moves(Map<String, Family> all) {
        all.put("MOV", (in, form) -> switch (form) {
            case "S,E" -> SystemInstructions::movSregFromRm;
            case "E,S" -> SystemInstructions::movRmFromSreg;
            case "R,C" -> SystemInstructions::movFromCr;
            case "C,R" -> SystemInstructions::movToCr;
            case "R,D" -> SystemInstructions::movFromDr;
            case "D,R" -> SystemInstructions::movToDr;
            default -> Moves.mov(in, form);
        });
        all.put("MOVZX", (in, form) -> Moves.movzx(in));
        one(all, "MOVSX", Moves::movsx);
        all.put("MOVSXD", (in, form) -> Moves.movsxd(in));
        one(all, "CBW", Moves::cbw);
        one(all, "CWD", Moves::cwd);
        all.put("LEA", (in, form) -> Moves.lea(in));
        one(all, "XLAT", Moves::xlat);
        // 90 is XCHG of the accumulator with itself, but without the 32-bit form's clearing of the upper half.
        all.put("XCHG", (in, form) -> in.opcode() == 0x90 && in.rm() == 0 ? NOP : Moves::xchg);
        one(all, "BSWAP", Moves::bswap);
        all.put("MOVBE", (in, form) -> form.startsWith("G") ? Moves::movbeLoad : Moves::movbeStore);
        all.put("CMOVcc", (in, form) -> Moves.cmov(in));
        all.put("SETcc", (in, form) -> Moves.setcc(in));
        one(all, "XADD", Atomics::xadd);
        all.put("CMPXCHG", (in, form) -> in.memory() ? Atomics::cmpxchgMemory : Atomics::cmpxchgRegister);
        all.put("CMPXCHG8B", (in, form) -> in.operandSize() == 8 ? Atomics::cmpxchg16b : Atomics::cmpxchg8b);
    }

    private static void bits(Map<String, Family> all) {
        all.put("BT", (in, form) -> BitInstructions.test(form));
        all.put("BTS", (in, form) -> BitInstructions.update(BitInstructions::bts, in, form));
        all.put("BTR", (in, form) -> BitInstructions.update(BitInstructions::btr, in, form));
        all.put("BTC", (in, form) -> BitInstructions.update(BitInstructions::btc, in, form));
        one(all, "BSF", BitInstructions::bsf);
        one(all, "BSR", BitInstructions::bsr);
        one(all, "TZCNT", BitInstructions::tzcnt);
        one(all, "LZCNT", BitInstructions::lzcnt);
        one(all, "POPCNT", BitInstructions::popcnt);
        one(all, "CRC32", BitInstructions::crc32);
    }

    private static void stackAndBranches(Map<String, Family> all) {
        all.put("PUSH", (in, form) -> switch (form) {
            case "S" -> SystemInstructions::pushSreg;
            case "I" -> StackInstructions::pushImmediate;
            default -> StackInstructions.push(in);
        });
        all.put("POP", (in, form) -> form.equals("S") ? SystemInstructions::popSreg : StackInstructions.pop(in));
        one(all, "PUSHA", StackInstructions::pusha);
        one(all, "POPA", StackInstructions::popa);
        one(all, "ENTER", StackInstructions::enter);
        one(all, "LEAVE", StackInstructions::leave);
        all.put("JMP", (in, form) -> form.equals("E") ? Branches::jmpIndirect : Branches::jmp);
        all.put(
                "CALL",
                (in, form) -> form.equals("E")
                        ? Branches::callIndirect
                        : in.operandSize() == 8 ? Branches::call64 : Branches::call);
        all.put(
                "RET",
                (in, form) -> form.equals("I")
                        ? Branches::retImmediate
                        : in.operandSize() == 8 ? Branches::ret64 : Branches::ret);
        all.put("Jcc", (in, form) -> Branches.jcc(in));
        one(all, "JCXZ", Branches::jcxz);
        one(all, "LOOP", Branches::loop);
        one(all, "LOOPE", Branches::loope);
        one(all, "LOOPNE", Branches::loopne);
    }

    private static void stringsAndFlags(Map<String, Family> all) {
        one(all, "MOVS", StringInstructions::movs);
        one(all, "CMPS", StringInstructions::cmps);
        one(all, "STOS", StringInstructions::stos);
        one(all, "LODS", StringInstructions::lods);
        one(all, "SCAS", StringInstructions::scas);
        one(all, "CLC", FlagInstructions::clc);
        one(all, "STC", FlagInstructions::stc);
        one(all, "CMC", FlagInstructions::cmc);
        one(all, "CLD", FlagInstructions::cld);
        one(all, "STD", FlagInstructions::std);
        one(all, "LAHF", FlagInstructions::lahf);
        one(all, "SAHF", FlagInstructions::sahf);
        one(all, "SALC", FlagInstructions::salc);
        one(all, "BOUND", FlagInstructions::bound);
        one(all, "NOP", NOP);
        one(all, "FENCE", FlagInstructions::fence);
        one(all, "UD", UNDEFINED);
        one(all, "CLFLUSH", FlagInstructions::clflush);
        one(all, "RDRAND", BitInstructions::random);
        one(all, "RDSEED", BitInstructions::random);
        one(all, "ARPL", UNKNOWN);
    }

    private static void system(Map<String, Family> all) {
        one(all, "LFP", SystemInstructions::loadFarPointer);
        all.put(
                "CALLF",
                (in, form) ->
                        form.equals("A") ? SystemInstructions::callFarPointer : SystemInstructions::callFarMemory);
        all.put(
                "JMPF",
                (in, form) -> form.equals("A") ? SystemInstructions::jmpFarPointer : SystemInstructions::jmpFarMemory);
        one(all, "RETF", SystemInstructions::retFar);
        one(all, "INT3", SystemInstructions::int3);
        one(all, "INT", SystemInstructions::intN);
        one(all, "INTO", SystemInstructions::into);
        one(all, "INT1", SystemInstructions::int1);
        one(all, "IRET", SystemInstructions::iret);
        one(all, "PUSHF", SystemInstructions::pushf);
        one(all, "POPF", SystemInstructions::popf);
        one(all, "CLI", SystemInstructions::cli);
        one(all, "STI", SystemInstructions::sti);
        one(all, "HLT", SystemInstructions::hlt);
        all.put("IN", (in, form) -> form.endsWith("I") ? SystemInstructions::inImmediate : SystemInstructions::inDx);
        all.put(
                "OUT",
                (in, form) -> form.startsWith("I") ? SystemInstructions::outImmediate : SystemInstructions::outDx);
        one(all, "INS", SystemInstructions::ins);
        one(all, "OUTS", SystemInstructions::outs);
        one(all, "SYSCALL", SystemInstructions::syscall);
        one(all, "SYSRET", SystemInstructions::sysret);
        one(all, "SYSENTER", SystemInstructions::sysenter);
        one(all, "SYSEXIT", SystemInstructions::sysexit);
        one(all, "VMCALL", SystemInstructions::vmcall);
        one(all, "VMMCALL", SystemInstructions::vmmcall);
        one(all, "RSM", SystemInstructions::rsm);
    }

    private static void processorControl(Map<String, Family> all) {
        one(all, "LGDT", SystemInstructions::lgdt);
        one(all, "LIDT", SystemInstructions::lidt);
        one(all, "SGDT", SystemInstructions::sgdt);
        one(all, "SIDT", SystemInstructions::sidt);
        one(all, "LLDT", SystemInstructions::lldt);
        one(all, "SLDT", SystemInstructions::sldt);
        one(all, "LTR", SystemInstructions::ltr);
        one(all, "STR", SystemInstructions::str);
        one(all, "LMSW", SystemInstructions::lmsw);
        one(all, "SMSW", SystemInstructions::smsw);
        one(all, "LAR", SystemInstructions::lar);
        one(all, "LSL", SystemInstructions::lsl);
        one(all, "VERR", SystemInstructions::verr);
        one(all, "VERW", SystemInstructions::verw);
        one(all, "INVLPG", SystemInstructions::invlpg);
        one(all, "INVLPGA", SystemInstructions::invlpga);
        one(all, "INVPCID", SystemInstructions::invpcid);
        one(all, "CLTS", SystemInstructions::clts);
        one(all, "INVD", SystemInstructions::invd);
        one(all, "WBINVD", SystemInstructions::wbinvd);
        one(all, "RDMSR", SystemInstructions::rdmsr);
        one(all, "WRMSR", SystemInstructions::wrmsr);
        one(all, "RDTSC", SystemInstructions::rdtsc);
        one(all, "RDTSCP", SystemInstructions::rdtscp);
        one(all, "RDPID", SystemInstructions::rdpid);
        one(all, "RDPMC", SystemInstructions::rdpmc);
        one(all, "CPUID", SystemInstructions::cpuid);
        one(all, "SWAPGS", SystemInstructions::swapgs);
        one(all, "PAUSE", SystemInstructions::pause);
        one(all, "MONITOR", SystemInstructions::monitor);
        one(all, "MWAIT", SystemInstructions::mwait);
        one(all, "XGETBV", SystemInstructions::xgetbv);
        one(all, "XSETBV", SystemInstructions::xsetbv);
        one(all, "FSGSBASE", SystemInstructions::fsgsbase);
        one(all, "CLAC", SystemInstructions::clac);
        one(all, "STAC", SystemInstructions::stac);
    }
}
