// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import static dev.synapic.cpu.TestMachine.CODE;
import static dev.synapic.cpu.TestMachine.CODE32;
import static dev.synapic.cpu.TestMachine.DATA;
import static dev.synapic.cpu.TestMachine.GDT;
import static dev.synapic.cpu.TestMachine.RAX;
import static dev.synapic.cpu.TestMachine.RCX;
import static dev.synapic.cpu.TestMachine.RSI;
import static dev.synapic.cpu.TestMachine.RSP;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Loads of segment registers, limits and far transfers: SDM vol. 3A, chapters 3 and 5. */
class SegmentationTest {
    /** A free slot in the GDT. */
    private static final int SLOT = 0x50;

    private static final String LOAD_DS = "8ed98b06f4" /* mov %ecx,%ds; mov (%esi),%eax; hlt */;

    private final TestMachine machine = new TestMachine();
    private final Cpu cpu = machine.cpu;

    @AfterEach
    void close() {
        machine.close();
    }

    private void descriptor(long raw) {
        machine.ram.putLong(GDT + SLOT, raw);
        cpu.gpr[RCX] = SLOT;
    }

    private void assertFault(int vector, int errorCode) {
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(vector);
        assertThat(machine.stack32(0)).isEqualTo(errorCode);
        assertThat(machine.stack32(1)).isEqualTo(CODE);
    }

    @ParameterizedTest
    @CsvSource({
        "0x00CF13000000FFFF, 11", // data, not present: #NP
        "0x00CF99000000FFFF, 13", // code that may only be executed
        "0x00008900000000FF, 13", // a TSS
    })
    void dataSegmentsMustBeReadableAndPresent(String raw, int vector) { // 5.4.1, vol. 2, "MOV"
        machine.protected32(LOAD_DS);
        descriptor(Long.decode(raw));
        assertFault(vector, SLOT);
    }

    @Test
    void aNullSelectorLoadsButCannotBeUsed() {
        machine.protected32(LOAD_DS);
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.GP);
        assertThat(machine.stack32(0)).isZero();
        assertThat(machine.stack32(1)).isEqualTo(CODE + 2);
    }

    @Test
    void aSelectorBeyondTheTableIsRefused() {
        machine.protected32(LOAD_DS);
        cpu.gpr[RCX] = 0x100;
        assertFault(CpuException.GP, 0x100);
    }

    @Test
    void ssMustBeWritableAndOfTheSamePrivilege() {
        machine.protected32("8ed1f4" /* mov %ecx,%ss; hlt */);
        cpu.gpr[RCX] = TestMachine.USER_DATA;
        assertFault(CpuException.GP, TestMachine.USER_DATA);
    }

    @Test
    void anAbsentStackSegmentIsAStackFault() {
        machine.protected32("8ed1f4" /* mov %ecx,%ss; hlt */);
        descriptor(0x00CF13000000FFFFL);
        assertFault(CpuException.SS, SLOT);
    }

    @Test
    void limitsAreChecked() { // 5.3
        machine.protected32(LOAD_DS);
        descriptor(0x0040_9200_1000_00FFL | 0x20L << 32);
        cpu.gpr[RSI] = 0xFC;
        machine.ram.putInt(0x20_1000 + 0xFC, 77);
        machine.run();
        assertThat(cpu.gpr[RAX]).isEqualTo(77);

        cpu.rip = CODE;
        cpu.gpr[RSI] = 0xFD;
        cpu.injectNmi();
        cpu.rip = CODE;
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.GP);
    }

    @Test
    void expandDownSegmentsHoldWhatLiesAboveTheLimit() { // 3.4.5.1
        machine.protected32(LOAD_DS);
        descriptor(0x0040_9600_0000_0FFFL);
        cpu.gpr[RSI] = 0x1000;
        machine.ram.putInt(0x1000 + 0x1000, 5);
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(-1);

        cpu.gpr[RSI] = 0xFFF;
        cpu.injectNmi();
        cpu.rip = CODE;
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.GP);
    }

    @Test
    void readOnlyDataCannotBeWrittenAndTheStackFaultIsItsOwn() {
        machine.protected32("8ed98906f4" /* mov %ecx,%ds; mov %eax,(%esi); hlt */);
        descriptor(0x00CF_9000_0000_FFFFL);
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.GP);

        machine.protected32("368906f4" /* mov %eax,%ss:(%esi); hlt */);
        cpu.segments.load(DecodedInstruction.SS, SLOT, 0x0040_9200_0000_FFFFL);
        cpu.modeChanged();
        cpu.gpr[RSI] = 0x2_0000;
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.SS);
    }

    @Test
    void inLongModeOnlyFsAndGsHaveBases() {
        machine.long64("8b06648b1e658b0ef4" /* mov %ds:(%rsi),%eax; mov %fs:(%rsi),%ebx; mov %gs:(%rsi),%ecx; hlt */);
        cpu.segments.setBase(DecodedInstruction.DS, 0x10_0000);
        cpu.segments.setBase(DecodedInstruction.FS, 0x20_0000);
        cpu.segments.setBase(DecodedInstruction.GS, 0x30_0000);
        cpu.gpr[RSI] = 0x4_0000;
        machine.ram.putInt(0x4_0000, 1);
        machine.ram.putInt(0x24_0000, 2);
        machine.ram.putInt(0x34_0000, 3);
        machine.run();
        assertThat(cpu.gpr[RAX]).isEqualTo(1);
        assertThat(cpu.gpr[TestMachine.RBX]).isEqualTo(2);
        assertThat(cpu.gpr[RCX]).isEqualTo(3);
    }

    @Test
    void aFarCallWithinALevelPushesCsAndIp() { // 5.8.1
        machine.protected32("9a001100000800f4" /* lcall $0x8,$0x1100; hlt */);
        machine.load(0x1100, "8b04248b4c2404cb" /* mov (%esp),%eax; mov 4(%esp),%ecx; lret */);
        machine.run();
        assertThat(cpu.gpr[RAX]).isEqualTo(CODE + 7);
        assertThat(cpu.gpr[RCX]).isEqualTo(CODE32);
        assertThat(cpu.rip).isEqualTo(CODE + 8);
        assertThat(cpu.gpr[RSP]).isEqualTo(TestMachine.STACK);
    }

    @Test
    void aFarJumpToAnotherPrivilegeIsRefused() {
        machine.protected32("ea001100003300" /* ljmp $0x33,$0x1100 */);
        assertFault(CpuException.GP, TestMachine.USER_CODE32);
    }

    @Test
    void sixteenBitCodeRunsAndReturns() {
        machine.protected32("9a001100004800f4" /* lcall $0x48,$0x1100; hlt */);
        machine.load(0x1100, "b8ffff404066cb" /* mov $0xffff,%ax; inc %ax; inc %ax; lretl */);
        cpu.gpr[RAX] = 0xAAAA_0000L;
        machine.run();
        assertThat(cpu.gpr[RAX]).isEqualTo(0xAAAA_0001L);
        assertThat(cpu.rip).isEqualTo(CODE + 8);
    }

    @Test
    void aCallGateSwitchesStacksAndCopiesParameters() { // 5.8.3 to 5.8.5
        machine.protected32("6a116a229a000000005000ebfe" /* push $0x11; push $0x22; lcall $0x50,$0; jmp . */)
                .user32();
        machine.ram.putInt(TestMachine.TSS + 4, 0x7000);
        machine.ram.putInt(TestMachine.TSS + 8, DATA);
        machine.ram.putLong(GDT + SLOT, 0x0000_EC02_0008_1100L);
        machine.load(
                0x1100, "8b4424088b4c240c8ccaca0800" /* mov 8(%esp),%eax; mov 12(%esp),%ecx; mov %cs,%edx; lret $8 */);
        cpu.run(20);
        assertThat(cpu.gpr[RAX]).isEqualTo(0x22);
        assertThat(cpu.gpr[RCX]).isEqualTo(0x11);
        assertThat(cpu.gpr[TestMachine.RDX]).isEqualTo(CODE32);
        assertThat(cpu.cpl()).isEqualTo(3);
        assertThat(cpu.gpr[RSP])
                .as("RET $8 releases the caller's parameters too")
                .isEqualTo(TestMachine.STACK);
    }

    @Test
    void aCallGateOfLongModeEnters64BitCode() {
        machine.long64("ff1eebfe" /* lcall *(%rsi); jmp . */).user64();
        machine.ram.putLong(TestMachine.TSS + 4, 0x7000);
        machine.ram.putLong(GDT + SLOT, 0x0000_EC00_0010_1100L);
        machine.ram.putLong(GDT + SLOT + 8, 0);
        machine.ram.putShort(0x6004, (short) SLOT);
        cpu.gpr[RSI] = 0x6000;
        machine.load(0x1100, "8cc8488b4c241848cb" /* mov %cs,%eax; mov 24(%rsp),%rcx; lretq */);
        cpu.run(5);
        assertThat(cpu.gpr[RAX]).isEqualTo(TestMachine.CODE64);
        assertThat(cpu.gpr[RCX]).as("old SS").isEqualTo(TestMachine.USER_DATA | 3);
        assertThat(cpu.cpl()).isEqualTo(3);
    }

    @Test
    void lslAndLarAndVerrTellWithoutFaulting() { // vol. 2A, "LAR", "LSL"
        machine.protected32(
                "0f03c10f02d90f00e90f94c20f00e60f94c6f4" /* lsl %ecx,%eax; lar %ecx,%ebx; verw %cx; setz %dl; verr %si; setz %dh; hlt */);
        cpu.gpr[RCX] = DATA;
        cpu.gpr[RSI] = 0x200;
        machine.run();
        assertThat(cpu.gpr[RAX]).isEqualTo(0xFFFF_FFFFL);
        assertThat(cpu.gpr[TestMachine.RBX]).isEqualTo(0x00CF_9300);
        assertThat(cpu.gpr[TestMachine.RDX] & 0xFFFF).isEqualTo(0x0001);
    }

    @Test
    void ltrMarksTheTaskBusyAndRefusesABusyOne() {
        machine.protected32("b8380000000f00d80f00c90f00d8" /* mov $0x38,%eax; ltr %ax; str %ecx; ltr %ax */);
        machine.run();
        assertThat(cpu.gpr[RCX]).isEqualTo(0x38);
        assertThat(machine.ram.getByte(GDT + 0x38 + 5)).isEqualTo((byte) 0x8B);
        assertThat(machine.handledVector()).isEqualTo(CpuException.GP);
        assertThat(machine.stack32(0)).isEqualTo(0x38);
    }
}
