// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import static dev.synapic.cpu.TestMachine.RAX;
import static dev.synapic.cpu.TestMachine.RBX;
import static dev.synapic.cpu.TestMachine.RCX;
import static dev.synapic.cpu.TestMachine.RDX;
import static dev.synapic.cpu.TestMachine.RSI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cpu.state.VectorRegisters;
import dev.synapic.spec.x86.Cr0;
import dev.synapic.spec.x86.Cr4;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When floating-point instructions fault, and how their state is saved: SDM vol. 1, 10.5 and 13; vol. 3A, 14 and 15. */
class FloatingPointStateTest {
    private static final long AREA = 0x10_0000;
    private static final int NONE = -1;

    private final TestMachine machine = new TestMachine();
    private final Cpu cpu = machine.cpu;

    @BeforeEach
    void setUp() {
        machine.long64("f4" /* hlt */);
        cpu.control.cr4 |= Cr4.OSFXSR | Cr4.OSXMMEXCPT | Cr4.OSXSAVE;
        cpu.control.xcr0 = 3;
        cpu.fpu.initialize();
        cpu.vectors.reset();
        cpu.gpr[RSI] = AREA;
    }

    @AfterEach
    void close() {
        machine.close();
    }

    /** Runs code, with a HLT behind it; the vector of the exception that came, or NONE. */
    private int run(String code) {
        machine.load(TestMachine.CODE, code + "f4");
        if (cpu.halted()) {
            cpu.injectInterrupt(0x20);
        }
        cpu.rip = TestMachine.CODE;
        cpu.gpr[TestMachine.RSP] = TestMachine.STACK;
        machine.run();
        return machine.handledVector();
    }

    // ---- availability
    // ------------------------------------------------------------------------------------------------------

    @ParameterizedTest(name = "{0} with CR0 {2}, CR4 {3}")
    @CsvSource({
        "fld1, d9e8, 0, 0, -1",
        "fld1, d9e8, EM, 0, 7",
        "fld1, d9e8, TS, 0, 7",
        "fninit, dbe3, TS, 0, 7",
        "fwait, 9b, TS, 0, -1",
        "fwait, 9b, TS+MP, 0, 7",
        "fwait, 9b, EM, 0, -1",
        "movups (%rsi) xmm0, 0f1006, 0, OSFXSR, -1",
        "movups (%rsi) xmm0, 0f1006, 0, 0, 6",
        "movups (%rsi) xmm0, 0f1006, EM, OSFXSR, 6",
        "movups (%rsi) xmm0, 0f1006, TS, OSFXSR, 7",
        "movups (%rsi) xmm0, 0f1006, TS, 0, 6",
        "paddb mm1 mm0, 0ffcc1, 0, 0, -1",
        "paddb mm1 mm0, 0ffcc1, EM, 0, 6",
        "paddb mm1 mm0, 0ffcc1, TS, 0, 7",
        "emms, 0f77, EM, 0, 6",
        "ldmxcsr (%rsi), 0fae16, 0, 0, 6",
        "stmxcsr (%rsi), 0fae1e, TS, OSFXSR, 7",
        "fxsave (%rsi), 0fae06, EM, OSFXSR, 7",
        "fxsave (%rsi), 0fae06, TS, OSFXSR, 7",
        "fxsave (%rsi), 0fae06, 0, 0, -1",
        "movnti eax (%rsi), 0fc306, EM, 0, -1",
        "cvtpi2ps mm0 xmm0, 0f2ac0, TS, OSFXSR, 7"
    })
    void controlRegistersDecideWhatIsThere(String text, String code, String cr0, String cr4, int vector) {
        cpu.control.cr0 &= ~(Cr0.EM | Cr0.TS | Cr0.MP);
        cpu.control.cr0 |= cr0.contains("EM") ? Cr0.EM : 0;
        cpu.control.cr0 |= cr0.contains("TS") ? Cr0.TS : 0;
        cpu.control.cr0 |= cr0.contains("MP") ? Cr0.MP : 0;
        cpu.control.cr4 &= ~Cr4.OSFXSR;
        cpu.control.cr4 |= cr4.equals("OSFXSR") ? Cr4.OSFXSR : 0;
        machine.ram.putInt(AREA, VectorRegisters.MXCSR_RESET);
        assertThat(run(code)).isEqualTo(vector);
    }

    // ---- exceptions
    // --------------------------------------------------------------------------------------------------------

    /** 1 / 0 with ZM clear: the division ends, and the next waiting instruction faults (vol. 1, 8.7). */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "fld1, d9e8, 16", "fwait, 9b, 16", "paddb, 0ffcc1, 16", "emms, 0f77, 16", "fldcw, d92e, 16",
        "fnstsw, dfe0, -1", "fnclex, dbe2, -1", "fninit, dbe3, -1", "fnstcw, d93e, -1", "fnsave, dd36, -1",
        "movaps, 0f28c1, -1", "fxsave, 0fae06, -1", "cvtpi2ps, 0f2ac0, 16"
    })
    void anX87ExceptionWaitsForTheNextInstruction(String text, String code, int vector) {
        cpu.fpu.setControl(0x37B);
        assertThat(run("d9e8d9eedef9" /* fld1; fldz; fdivrp */)).isEqualTo(NONE);
        assertThat(cpu.fpu.pending()).isTrue();
        assertThat(cpu.fpu.status() & 0x80FF).isEqualTo(0x8084);
        assertThat(run(code)).isEqualTo(vector);
    }

    @Test
    void withoutNumericErrorNothingIsReported() {
        cpu.control.cr0 &= ~Cr0.NE;
        cpu.fpu.setControl(0x37B);
        assertThat(run("d9e8d9eedef99bd9e8" /* fld1; fldz; fdivrp; fwait; fld1 */))
                .isEqualTo(NONE);
    }

    /** Vol. 1, 11.5: the target keeps its value, MXCSR has the flags. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anSseExceptionThatIsNotMaskedFaults(boolean operatingSystemKnows) {
        cpu.control.cr4 &= operatingSystemKnows ? -1 : ~Cr4.OSXMMEXCPT;
        cpu.vectors.mxcsr = 0x1F80 & ~(1 << 9);
        cpu.vectors.xmm[0] = Double.doubleToRawLongBits(3);
        assertThat(run("f20f5ec1" /* divsd xmm1, xmm0 */))
                .isEqualTo(operatingSystemKnows ? CpuException.XM : CpuException.UD);
        assertThat(cpu.vectors.xmm[0]).isEqualTo(Double.doubleToRawLongBits(3));
        assertThat(cpu.vectors.mxcsr & 0x3F).isEqualTo(4);
    }

    @Test
    void mxcsrHasReservedBits() {
        machine.ram.putInt(AREA, 0x1_1F80);
        assertThat(run("0fae16" /* ldmxcsr (%rsi) */)).isEqualTo(CpuException.GP);
        machine.ram.putInt(AREA, 0xFFBF);
        assertThat(run("0fae160fae5e04" /* ldmxcsr (%rsi); stmxcsr 4(%rsi) */)).isEqualTo(NONE);
        assertThat(machine.ram.getInt(AREA + 4)).isEqualTo(0xFFBF);
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "movaps, 0f2806, 13", "movdqa store, 660f7f06, 13", "paddd, 660ffe06, 13", "movntdq, 660fe706, 13",
        "movups, 0f1006, -1", "movdqu, f30f6f06, -1", "movsd, f20f1006, -1", "lddqu, f20ff006, -1",
        "movlps, 0f1206, -1", "addsd, f20f5806, -1", "addpd, 660f5806, 13", "movq mm, 0f6f06, -1"
    })
    void sixteenByteOperandsAreAligned(String text, String code, int vector) {
        cpu.gpr[RSI] = AREA + 8;
        assertThat(run(code)).isEqualTo(vector);
    }

    // ---- FXSAVE
    // --------------------------------------------------------------------------------------------------------------

    private void fill() {
        for (int i = 0; i < 32; i++) {
            cpu.vectors.xmm[i] = 0x0101_0101_0101_0101L * i;
        }
        cpu.vectors.mxcsr = 0x3F80;
        cpu.fpu.setControl(0x27F);
        run("d9e8d9eb9b" /* fld1; fldpi; fwait */);
    }

    private void checkFilled() {
        for (int i = 0; i < 32; i++) {
            assertThat(cpu.vectors.xmm[i]).isEqualTo(0x0101_0101_0101_0101L * i);
        }
        assertThat(cpu.vectors.mxcsr).isEqualTo(0x3F80);
        checkX87Filled();
    }

    private void checkX87Filled() {
        assertThat(cpu.fpu.control()).isEqualTo(0x27F);
        assertThat(cpu.fpu.status()).isEqualTo(6 << 11);
        assertThat(cpu.fpu.abridgedTags()).isEqualTo(0xC0);
        assertThat(cpu.fpu.significand(6)).isEqualTo(0xC90F_DAA2_2168_C235L);
        assertThat(cpu.fpu.signAndExponent(7)).isEqualTo(0x3FFF);
    }

    @Test
    void fxsaveAndFxrstorKeepAll() { // vol. 1, table 10-2
        fill();
        assertThat(run("480fae06" /* fxsave64 (%rsi) */)).isEqualTo(NONE);
        assertThat(machine.ram.getShort(AREA)).isEqualTo((short) 0x27F);
        assertThat(machine.ram.getByte(AREA + 4)).isEqualTo((byte) 0xC0);
        assertThat(machine.ram.getLong(AREA + 8)).as("FIP: fldpi").isEqualTo(TestMachine.CODE + 2);
        assertThat(machine.ram.getInt(AREA + 28)).as("MXCSR_MASK").isEqualTo(0xFFFF);
        assertThat(machine.ram.getLong(AREA + 32)).as("ST(0)").isEqualTo(0xC90F_DAA2_2168_C235L);
        assertThat(machine.ram.getLong(AREA + 160 + 8 * 31)).as("XMM15").isEqualTo(0x0101_0101_0101_0101L * 31);
        cpu.vectors.reset();
        cpu.fpu.reset();
        assertThat(run("480fae0e" /* fxrstor64 (%rsi) */)).isEqualTo(NONE);
        checkFilled();
    }

    @Test
    void fxrstorChecksMxcsrBeforeAnything() {
        fill();
        machine.ram.putInt(AREA + 24, 0x1_0000);
        assertThat(run("0fae0e" /* fxrstor (%rsi) */)).isEqualTo(CpuException.GP);
        checkFilled();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0fae06", "0fae0e"})
    void fxsaveAreasAreAligned(String code) {
        cpu.gpr[RSI] = AREA + 8;
        assertThat(run(code)).isEqualTo(CpuException.GP);
    }

    @Test
    void fnsaveInitializesAndFrstorBringsBack() { // vol. 1, 8.1.10
        fill();
        assertThat(run("dd36" /* fnsave (%rsi) */)).isEqualTo(NONE);
        assertThat(cpu.fpu.control()).isEqualTo(0x37F);
        assertThat(cpu.fpu.abridgedTags()).isZero();
        assertThat(machine.ram.getInt(AREA + 12)).as("FIP").isEqualTo(TestMachine.CODE + 2);
        assertThat(run("dd26" /* frstor (%rsi) */)).isEqualTo(NONE);
        checkX87Filled();
    }

    /** Vol. 3A, table 10-1. */
    @Test
    void initKeepsWhatResetClears() {
        fill();
        cpu.init();
        checkFilled();
        cpu.reset();
        assertThat(cpu.fpu.control()).isEqualTo(0x40);
        assertThat(cpu.fpu.tagWord()).isEqualTo(0x5555);
        assertThat(cpu.vectors.mxcsr).isEqualTo(0x1F80);
        assertThat(cpu.vectors.registersAreZero()).isTrue();
    }

    // ---- XSAVE
    // ---------------------------------------------------------------------------------------------------------------

    @Test
    void xsaveNotesWhatIsInUse() { // vol. 1, 13.7
        fill();
        cpu.gpr[RAX] = -1;
        cpu.gpr[RDX] = -1;
        machine.ram.putLong(AREA + 512, 0xF4);
        assertThat(run("480fae26" /* xsave64 (%rsi) */)).isEqualTo(NONE);
        assertThat(machine.ram.getLong(AREA + 512)).isEqualTo(0xF7);
        machine.ram.putLong(AREA + 512, 3);
        cpu.vectors.reset();
        cpu.fpu.reset();
        assertThat(run("480fae2e" /* xrstor64 (%rsi) */)).isEqualTo(NONE);
        checkFilled();
    }

    @Test
    void initialComponentsAreLeftOutOrInitialized() { // vol. 1, 13.8 and 13.9
        cpu.gpr[RAX] = 3;
        cpu.vectors.mxcsr = 0x9FC0;
        machine.ram.fill(AREA, 576, (byte) 0x55);
        machine.ram.fill(AREA + 512, 64, (byte) 0);
        assertThat(run("0fae36" /* xsaveopt (%rsi) */)).isEqualTo(NONE);
        assertThat(machine.ram.getLong(AREA + 512)).isZero();
        assertThat(machine.ram.getShort(AREA)).as("x87 is not written").isEqualTo((short) 0x5555);
        assertThat(machine.ram.getInt(AREA + 24)).as("MXCSR is").isEqualTo(0x9FC0);
        assertThat(machine.ram.getLong(AREA + 160)).as("XMM0 is not").isEqualTo(0x5555_5555_5555_5555L);
        fill();
        cpu.gpr[RAX] = 3;
        assertThat(run("0fae2e" /* xrstor (%rsi) */)).isEqualTo(NONE);
        assertThat(cpu.fpu.isInitial()).isTrue();
        assertThat(cpu.vectors.registersAreZero()).isTrue();
        assertThat(cpu.vectors.mxcsr).isEqualTo(0x9FC0);
    }

    @Test
    void componentsThatAreNotAskedForStay() {
        fill();
        machine.ram.fill(AREA, 576, (byte) 0);
        cpu.gpr[RAX] = 1;
        assertThat(run("0fae2e" /* xrstor (%rsi) */)).isEqualTo(NONE);
        assertThat(cpu.fpu.isInitial()).isTrue();
        assertThat(cpu.vectors.mxcsr).isEqualTo(0x3F80);
        assertThat(cpu.vectors.xmm[31]).isNotZero();
    }

    /** Offset in the area, what stands there, vector (vol. 2D, "XRSTOR"). */
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "512, 4, 13",
        "512, 3, -1",
        "520, 1, 13",
        "520, 0x8000000000000000, 13",
        "528, 1, 13",
        "536, 1, -1",
        "24, 0x10000, 13"
    })
    void xrstorChecksTheHeader(int offset, String value, int vector) {
        machine.ram.fill(AREA, 576, (byte) 0);
        machine.ram.putLong(
                AREA + offset, Long.parseUnsignedLong(value.replace("0x", ""), value.startsWith("0x") ? 16 : 10));
        cpu.gpr[RAX] = 3;
        assertThat(run("0fae2e" /* xrstor (%rsi) */)).isEqualTo(vector);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0fae26", "0fae2e", "0fae36"})
    void xsaveNeedsItsEnableBitItsAlignmentAndNoTaskSwitch(String code) {
        cpu.gpr[RSI] = AREA + 16;
        assertThat(run(code)).isEqualTo(CpuException.GP);
        cpu.gpr[RSI] = AREA;
        cpu.control.cr0 |= Cr0.TS;
        assertThat(run(code)).isEqualTo(CpuException.NM);
        cpu.control.cr4 &= ~Cr4.OSXSAVE;
        assertThat(run(code)).isEqualTo(CpuException.UD);
    }

    @ParameterizedTest(name = "xcr{0} = {1}")
    @CsvSource({"0, 1, -1", "0, 3, -1", "0, 0, 13", "0, 2, 13", "0, 7, 13", "0, 5, 13", "1, 1, 13", "0x100000000, 3, -1"
    })
    void xcr0TakesX87AndSse(String register, long value, int vector) {
        cpu.gpr[RCX] = Long.decode(register);
        cpu.gpr[RAX] = value;
        cpu.gpr[RDX] = 0;
        assertThat(run("0f01d10f01d0" /* xsetbv; xgetbv */)).isEqualTo(vector);
        assertThat(cpu.control.xcr0).isEqualTo(vector == NONE ? value : 3);
        cpu.control.cr4 &= ~Cr4.OSXSAVE;
        assertThat(run("0f01d1")).isEqualTo(CpuException.UD);
        assertThat(run("0f01d0")).isEqualTo(CpuException.UD);
    }

    @Test
    void otherExtendedRegistersDoNotExistAndUsersWriteNone() {
        machine.user64();
        machine.ram.putLong(TestMachine.TSS + 4, 0x7000);
        cpu.gpr[RAX] = 3;
        assertThat(run("0f01d1" /* xsetbv */)).isEqualTo(CpuException.GP);
        cpu.gpr[RCX] = 1;
        assertThat(run("0f01d0" /* xgetbv */)).isEqualTo(CpuException.GP);
    }

    // ---- in passing
    // ------------------------------------------------------------------------------------------------------------

    @Test
    void randomNumbersComeFromThePlatform() {
        machine.platform.leaves.put(1, new int[] {0, 0, 1 << 30, 0}); // RDRAND
        machine.platform.leaves.put(7, new int[] {0, 1 << 18, 0, 0}); // RDSEED
        assertThat(run("480fc7f0" /* rdrand %rax */ + "0fc7fb" /* rdseed %ebx */))
                .isEqualTo(NONE);
        assertThat(cpu.gpr[RAX]).isEqualTo(0x0123_4567_89AB_CDEFL);
        assertThat(cpu.gpr[RBX]).isEqualTo(0x89AB_CDEFL);
        assertThat(cpu.flags.bits()).isEqualTo(1);
    }

    @Test
    void rdpidReadsTscAux() {
        cpu.msrs.tscAux = 0x1234;
        assertThat(run("f30fc7f8" /* rdpid %rax */)).isEqualTo(NONE);
        assertThat(cpu.gpr[RAX]).isEqualTo(0x1234);
    }

    /** SDM vol. 2A, "MOVSXD": with 66 it is a 16-bit move. */
    @Test
    void movsxdOf16BitsReads16Bits() {
        cpu.gpr[RSI] = 0x1F_FFFE;
        machine.ram.putShort(0x1F_FFFE, (short) 0x8001);
        cpu.gpr[RAX] = -1;
        assertThat(run("666306" /* movsxd (%rsi), %ax */)).isEqualTo(NONE);
        assertThat(cpu.gpr[RAX]).isEqualTo(0xFFFF_FFFF_FFFF_8001L);
    }
}
