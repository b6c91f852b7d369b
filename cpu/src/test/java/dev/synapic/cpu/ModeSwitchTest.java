// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import static dev.synapic.cpu.TestMachine.CODE;
import static dev.synapic.cpu.TestMachine.PAGE_TABLES;
import static dev.synapic.cpu.TestMachine.RAX;
import static dev.synapic.cpu.TestMachine.RBX;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The ways between modes, as machine code: SDM vol. 3A, 10.8.5 and 10.9. */
class ModeSwitchTest {
    private final TestMachine machine = new TestMachine();
    private final Cpu cpu = machine.cpu;

    @AfterEach
    void close() {
        machine.close();
    }

    private void flatTables() {
        machine.ram.putLong(0x2008, 0x00CF9A000000FFFFL);
        machine.ram.putLong(0x2010, 0x00AF9A000000FFFFL);
        machine.ram.putLong(0x2018, 0x00CF92000000FFFFL);
        machine.ram.putShort(0x2100, (short) 0x1F);
        machine.ram.putInt(0x2102, 0x2000);
        machine.ram.putLong(PAGE_TABLES, PAGE_TABLES + 0x1000 | 3);
        machine.ram.putLong(PAGE_TABLES + 0x1000, PAGE_TABLES + 0x2000 | 3);
        machine.ram.putLong(PAGE_TABLES + 0x2000, 0x83);
    }

    @Test
    void aProcessorWakesInRealModeAtItsStartupVector() {
        machine.load(0x9_A000, "8cc8f4" /* mov %cs,%ax; hlt */);
        cpu.init();
        cpu.startup(0x9A);
        machine.run();
        assertThat(cpu.gpr[RAX]).isEqualTo(0x9A00);
        assertThat(cpu.rip).isEqualTo(3);
    }

    @Test
    void resetStartsBelowTheTopOfTheAddressSpace() { // table 10-1
        machine.platform.mmio.put(0xFFFF_FFF0L, 0xF4L);
        cpu.reset();
        assertThat(machine.run()).isEqualTo(StopReason.HALT);
        assertThat(cpu.rip).isEqualTo(0xFFF1);
    }

    @Test
    void realModeCodeReachesLongModeByTheManualsRecipe() {
        flatTables();
        machine.real(
                "fa660f011600210f20c00c010f22c066ea001100000800" /* cli; lgdtl 0x2100; mov %cr0,%eax; or $1,%al; mov %eax,%cr0; ljmpl $0x08,$0x1100 */);
        machine.load(
                0x1100,
                "b8180000008ed88ed08ec00f20e083c8200f22e0b8000001000f22d8b9800000c00f320d000100000f300f20c00d000000800f22c0ea001200001000" /* mov $0x18,%eax; mov %eax,%ds; mov %eax,%ss; mov %eax,%es; mov %cr4,%eax; or $0x20,%eax;mov %eax,%cr4; mov $0x10000,%eax; mov %eax,%cr3; mov $0xc0000080,%ecx; rdmsr; or $0x100,%eax; wrmsr;mov %cr0,%eax; or $0x80000000,%eax; mov %eax,%cr0; ljmp $0x10,$0x1200 */);
        machine.load(
                0x1200,
                "b9800000c00f3248bb8877665544332211f4" /* mov $0xc0000080,%ecx; rdmsr; mov $0x1122334455667788,%rbx; hlt */);
        assertThat(machine.run()).isEqualTo(StopReason.HALT);
        assertThat(cpu.in64BitMode()).isTrue();
        assertThat(cpu.gpr[RAX]).as("LME and LMA").isEqualTo(0x500);
        assertThat(cpu.gpr[RBX]).isEqualTo(0x1122_3344_5566_7788L);
        assertThat(machine.ram.getByte(0x2015) & 1)
                .as("accessed bit of the code segment")
                .isEqualTo(1);
    }

    @Test
    void pagingWithoutPaeIsRefusedWhenLongModeIsEnabled() { // vol. 3A, 10.8.5
        machine.protected32("0f22c0f4" /* mov %eax,%cr0; hlt */);
        cpu.control.efer = 0x100;
        cpu.gpr[RAX] = 0x8000_0011L;
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.GP);
    }

    @Test
    void backToRealModeLimitsStayWhichMakesUnrealMode() { // 10.9.2; the hidden part is reloaded only from descriptors
        flatTables();
        machine.real(
                "660f011600210f20c00c010f22c0bb18008edb24fe0f22c031db8edb66be0000200067668b0ef4" /* lgdtl 0x2100; mov %cr0,%eax; or $1,%al; mov %eax,%cr0; mov $0x18,%bx; mov %bx,%ds;and $0xfe,%al; mov %eax,%cr0; xor %bx,%bx; mov %bx,%ds; mov $0x200000,%esi; mov (%esi),%ecx; hlt */);
        machine.ram.putInt(0x20_0000, 0x5566_7788);
        machine.run();
        assertThat(cpu.gpr[TestMachine.RCX]).isEqualTo(0x5566_7788);
        assertThat(cpu.inRealMode()).isTrue();
    }

    @Test
    void realModeAddressesBeyondTheSegmentAreFaults() { // vol. 3B, 21.1.1
        machine.real("beffff8b04f4" /* mov $0xffff,%si; mov (%si),%ax; hlt */);
        machine.ram.putInt(CpuException.GP * 4, 0x2000);
        machine.load(0x2000, "f4");
        machine.run();
        assertThat(cpu.rip).isEqualTo(0x2001);
    }

    @Test
    void longModeLeavesOnlyThroughCompatibilityMode() {
        machine.long64("0f20c0480fbaf01f0f22c0" /* mov %cr0,%rax; btr $31,%rax; mov %rax,%cr0 */);
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.GP);
        assertThat(cpu.control.longMode()).isTrue();
    }

    @Test
    void fromCompatibilityModePagingCanBeSwitchedOff() {
        machine.long64("ff2e" /* ljmp *(%rsi) */);
        machine.ram.putInt(0x6000, 0x1400);
        machine.ram.putShort(0x6004, (short) TestMachine.CODE32);
        cpu.gpr[TestMachine.RSI] = 0x6000;
        machine.load(
                0x1400,
                "0f20c00fbaf01f0f22c0b9800000c00f32f4" /* mov %cr0,%eax; btr $31,%eax; mov %eax,%cr0; mov $0xc0000080,%ecx; rdmsr; hlt */);
        assertThat(machine.run()).isEqualTo(StopReason.HALT);
        assertThat(cpu.rip).isGreaterThan(0x1400);
        assertThat(cpu.gpr[RAX] & 0x500).as("LMA is gone, LME stays").isEqualTo(0x100);
    }

    @Test
    void initKeepsMsrsAndResetDoesNot() { // table 10-1
        cpu.msrs.lstar = 0x1000;
        cpu.init();
        assertThat(cpu.msrs.lstar).isEqualTo(0x1000);
        assertThat(cpu.segments.selector(DecodedInstruction.CS)).isEqualTo(0xF000);
        cpu.reset();
        assertThat(cpu.msrs.lstar).isZero();
    }

    @Test
    void multibootsMachineStateIsFlatProtectedMode() {
        machine.load(CODE, "a100002000f4" /* mov 0x200000,%eax; hlt */);
        machine.ram.putInt(0x20_0000, 9);
        cpu.enterFlatProtectedMode(CODE);
        machine.run();
        assertThat(cpu.gpr[RAX]).isEqualTo(9);
        assertThat(cpu.interruptible()).isFalse();
    }
}
