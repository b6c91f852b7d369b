// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import static dev.synapic.cpu.TestMachine.CODE;
import static dev.synapic.cpu.TestMachine.RAX;
import static dev.synapic.cpu.TestMachine.RBX;
import static dev.synapic.cpu.TestMachine.RCX;
import static dev.synapic.cpu.TestMachine.RDX;
import static dev.synapic.cpu.TestMachine.RSI;
import static dev.synapic.cpu.TestMachine.TSS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.x86.Cr4;
import dev.synapic.spec.x86.Msr;
import dev.synapic.spec.x86.Rflags;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Control registers, MSRs, ports, system calls: SDM vol. 2 by mnemonic. */
class SystemInstructionsTest {
    private final TestMachine machine = new TestMachine();
    private final Cpu cpu = machine.cpu;

    @AfterEach
    void close() {
        machine.close();
    }

    private void assertVector(int vector) {
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(vector);
    }

    private void wrmsr(int msr, long value) {
        machine.long64("0f300f32f4" /* wrmsr; rdmsr; hlt */);
        cpu.gpr[RCX] = msr & 0xFFFF_FFFFL;
        cpu.gpr[RAX] = value & 0xFFFF_FFFFL;
        cpu.gpr[RDX] = value >>> 32;
    }

    private long edxEax() {
        return cpu.gpr[RDX] << 32 | cpu.gpr[RAX];
    }

    @Test
    void theProcessorKeepsItsOwnMsrs() {
        wrmsr(Msr.IA32_LSTAR, 0xFFFF_8000_1234_5678L);
        machine.run();
        assertThat(edxEax()).isEqualTo(0xFFFF_8000_1234_5678L);
        assertThat(machine.platform.log).isEmpty();
    }

    @Test
    void otherMsrsGoToThePortAndItsRefusalIsAFault() {
        wrmsr(Msr.IA32_APIC_BASE, 0xFEE0_0C00L);
        machine.run();
        assertThat(machine.platform.log).containsExactly("wrmsr 1b fee00c00", "rdmsr 1b");
        wrmsr(0x4000_0000, 1);
        cpu.gpr[RCX] = 0x4000_0000;
        assertVector(CpuException.GP);
        assertThat(machine.stack64(1)).isEqualTo(CODE);
    }

    @ParameterizedTest
    @ValueSource(ints = {Msr.IA32_LSTAR, Msr.IA32_GS_BASE, Msr.IA32_KERNEL_GS_BASE, Msr.IA32_SYSENTER_EIP})
    void addressMsrsMustBeCanonical(int msr) {
        wrmsr(msr, 0x1234_0000_0000_0000L);
        assertVector(CpuException.GP);
    }

    @Test
    void longModeEnableCannotChangeUnderPaging() { // vol. 3A, 10.8.5
        wrmsr(Msr.IA32_EFER, 0);
        assertVector(CpuException.GP);
    }

    @Test
    void aMemoryTypeThatIsReservedIsRefusedInPat() { // vol. 3A, 13.12.2
        wrmsr(Msr.IA32_PAT, 0x0007_0406_0007_0402L);
        assertVector(CpuException.GP);
    }

    @Test
    void unknownControlRegisterBitsAreFaults() {
        machine.long64("0f22e0" /* mov %rax,%cr4 */);
        cpu.gpr[RAX] = Cr4.PAE | Cr4.LA57;
        assertVector(CpuException.GP);
        machine.long64("0f22c0" /* mov %rax,%cr0 */);
        cpu.gpr[RAX] = 1L << 32 | 0x8000_0011L;
        assertVector(CpuException.GP);
        machine.long64("0f22e0" /* mov %rax,%cr4 */);
        cpu.gpr[RAX] = 0;
        assertVector(CpuException.GP);
        machine.long64("0f22d8" /* mov %rax,%cr3 */);
        cpu.gpr[RAX] = 1L << 50;
        assertVector(CpuException.GP);
    }

    @Test
    void privilegedInstructionsFaultOutsideRing0() {
        for (String code : new String[] {
            "0f20c0" /* mov %cr0,%rax */, "0f22d8" /* mov %rax,%cr3 */, "0f32" /* rdmsr */, "f4" /* hlt */,
                    "0f0116" /* lgdt (%rsi) */, "0f013e" /* invlpg (%rsi) */,
            "0f09" /* wbinvd */, "0f06" /* clts */, "0f01f8" /* swapgs */, "0f21f8" /* mov %dr7,%rax */,
                    "0f00d8" /* ltr %ax */, "e470" /* in $0x70,%al */
        }) {
            try (TestMachine fresh = new TestMachine()) {
                fresh.long64(code).user64();
                fresh.ram.putLong(TSS + 4, 0x7000);
                fresh.run();
                assertThat(fresh.handledVector()).as(code).isEqualTo(CpuException.GP);
            }
        }
    }

    @Test
    void taskPriorityIsCr8() {
        machine.long64("440f22c0440f20c3f4" /* mov %rax,%cr8; mov %cr8,%rbx; hlt */);
        cpu.gpr[RAX] = 9;
        machine.run();
        assertThat(cpu.gpr[RBX]).isEqualTo(9);
        machine.long64("440f22c0440f20c3f4" /* mov %rax,%cr8; mov %cr8,%rbx; hlt */);
        cpu.gpr[RAX] = 16;
        assertVector(CpuException.GP);
    }

    @Test
    void portsHaveTheirSizesAndRegisters() {
        machine.long64(
                "e68066efefecedf4" /* outb %al,$0x80; outw %ax,%dx; outl %eax,%dx; inb %dx,%al; inl %dx,%eax; hlt */);
        cpu.gpr[RAX] = 0x1_1122_3344L;
        cpu.gpr[RDX] = 0x5F0;
        machine.run();
        assertThat(machine.platform.log)
                .containsExactly("out 80 1 44", "out 5f0 2 3344", "out 5f0 4 11223344", "in 5f0 1", "in 5f0 4");
        assertThat(cpu.gpr[RAX]).isEqualTo(0x1234_5678);
    }

    @Test
    void thePermissionBitmapOpensPortsToUserMode() { // vol. 1, 19.5.2
        machine.long64("ecba71000000ec" /* in %dx,%al; mov $0x71,%edx; in %dx,%al */)
                .user64();
        machine.ram.putLong(TSS + 4, 0x7000);
        machine.ram.putShort(TSS + 102, (short) 104);
        cpu.segments.load(7, TestMachine.TASK, TSS, 0x100, 0x8B);
        machine.ram.putByte(TSS + 104 + 0x70 / 8, (byte) 0xFE);
        cpu.gpr[RDX] = 0x70;
        assertVector(CpuException.GP);
        assertThat(machine.platform.log).containsExactly("in 70 1");
    }

    @Test
    void repeatedOutputSendsEachElement() {
        machine.long64("f36ef4" /* rep outsb; hlt */);
        machine.ram.putBytes(0x10_0000, "hi!".getBytes(StandardCharsets.US_ASCII));
        cpu.gpr[RSI] = 0x10_0000;
        cpu.gpr[RCX] = 3;
        cpu.gpr[RDX] = FakePlatform.COM1_DATA;
        machine.run();
        assertThat(machine.platform.serial).hasToString("hi!");
        assertThat(cpu.gpr[RSI]).isEqualTo(0x10_0003);
    }

    @Test
    void syscallAndSysretSwitchLevelsAndFlags() { // vol. 2B
        machine.long64("0f054889cbebfe" /* syscall; mov %rcx,%rbx; jmp . */).user64();
        machine.load(0x1100, "8cc88cd29c5e480f07" /* mov %cs,%eax; mov %ss,%edx; pushfq; pop %rsi; sysretq */);
        cpu.msrs.lstar = 0x1100;
        cpu.msrs.star = 0x0018_0010_0000_0000L;
        cpu.msrs.fmask = Rflags.IF | Rflags.DF;
        cpu.setRflags(Rflags.IF | Rflags.DF | Rflags.CF);
        cpu.run(9);
        assertThat(cpu.gpr[RAX]).isEqualTo(0x10);
        assertThat(cpu.gpr[RDX]).isEqualTo(0x18);
        assertThat(cpu.gpr[RSI] & (Rflags.IF | Rflags.DF | Rflags.CF)).isEqualTo(Rflags.CF);
        assertThat(cpu.gpr[RBX]).isEqualTo(CODE + 2);
        assertThat(cpu.cpl()).isEqualTo(3);
        assertThat(cpu.segments.selector(DecodedInstruction.CS)).isEqualTo(0x28 | 3);
        assertThat(cpu.rflags() & (Rflags.IF | Rflags.DF)).isEqualTo(Rflags.IF | Rflags.DF);
    }

    @Test
    void syscallNeedsItsEnableBit() {
        machine.long64("0f05" /* syscall */);
        cpu.control.efer &= ~1L;
        assertVector(CpuException.UD);
    }

    @Test
    void swapgsExchangesBases() {
        machine.long64("0f01f8658b0425000000000f01f8f4" /* swapgs; mov %gs:0,%eax; swapgs; hlt */);
        cpu.msrs.kernelGsBase = 0x20_0000;
        machine.ram.putInt(0x20_0000, 3);
        machine.run();
        assertThat(cpu.gpr[RAX]).isEqualTo(3);
        assertThat(cpu.msrs.kernelGsBase).isEqualTo(0x20_0000);
    }

    @Test
    void hypercallsGoToThePortAtAnyPrivilegeAndMayBeUndefined() {
        machine.long64("0f01c1ebfe" /* vmcall; jmp . */).user64();
        cpu.gpr[RAX] = 10;
        cpu.run(2);
        assertThat(machine.platform.log).containsExactly("hypercall a cpl 3");
        assertThat(cpu.gpr[RAX]).isEqualTo(7);
        machine.platform.hypercallOutcomes.add(HypercallPort.Outcome.UNDEFINED);
        machine.ram.putLong(TSS + 4, 0x7000);
        cpu.rip = CODE;
        assertVector(CpuException.UD);
    }

    /** TLFS, "Hypercall Continuation": control returns with the instruction pointer not advanced, so that interrupts are taken. */
    @Test
    void hypercallThatHasMoreToDoIsExecutedAgain() {
        machine.long64("0f01c1ebfe" /* vmcall; jmp . */);
        machine.platform.hypercallOutcomes.addAll(
                List.of(HypercallPort.Outcome.AGAIN, HypercallPort.Outcome.AGAIN, HypercallPort.Outcome.DONE));
        cpu.run(1);
        assertThat(cpu.rip).isEqualTo(CODE);
        cpu.run(1);
        assertThat(cpu.rip).isEqualTo(CODE);
        cpu.run(1);
        assertThat(cpu.rip).isEqualTo(CODE + 3);
        assertThat(machine.platform.log).hasSize(3);
    }

    @Test
    void cpuidComesFromThePlatformWithOsxsaveFromCr4() {
        machine.long64("b8010000000fa2f4" /* mov $1,%eax; cpuid; hlt */);
        machine.run();
        assertThat(cpu.gpr[RCX] & 1 << 27).isZero();
        cpu.control.cr4 |= Cr4.OSXSAVE;
        cpu.rip = CODE;
        cpu.injectNmi();
        cpu.rip = CODE;
        machine.run();
        assertThat(cpu.gpr[RCX] & 1 << 27).isNotZero();
    }

    @Test
    void timeStampsCanBeForbiddenToUsers() { // CR4.TSD
        machine.long64("0f31" /* rdtsc */).user64();
        machine.ram.putLong(TSS + 4, 0x7000);
        cpu.control.cr4 |= Cr4.TSD;
        assertVector(CpuException.GP);
    }

    @Test
    void floatingPointInstructionsObeyTaskSwitched() {
        machine.long64(
                "dbe3d93e9b0f20c00c080f22c0dbe3" /* fninit; fnstcw (%rsi); fwait; mov %cr0,%rax; or $8,%al; mov %rax,%cr0; fninit */);
        cpu.gpr[RSI] = 0x10_0000;
        assertVector(CpuException.NM);
        assertThat(machine.ram.getShort(0x10_0000)).isEqualTo((short) 0x37F);
    }

    @Test
    void descriptorTableRegistersAreStoredAsLoaded() {
        machine.long64("0f011e0f014e10f4" /* lidt (%rsi); sidt 16(%rsi); hlt */);
        machine.ram.putShort(0x10_0000, (short) 0xFFF);
        machine.ram.putLong(0x10_0002, 0x3000);
        cpu.gpr[RSI] = 0x10_0000;
        machine.run();
        assertThat(machine.ram.getShort(0x10_0010)).isEqualTo((short) 0xFFF);
        assertThat(machine.ram.getLong(0x10_0012)).isEqualTo(0x3000);
    }

    @Test
    void userModePreventionHidesTables() { // CR4.UMIP
        machine.long64("0f010e" /* sidt (%rsi) */).user64();
        machine.ram.putLong(TSS + 4, 0x7000);
        cpu.control.cr4 |= Cr4.UMIP;
        cpu.gpr[RSI] = 0x10_0000;
        assertVector(CpuException.GP);
    }

    @Test
    void pauseIsToldToThePlatform() {
        machine.long64("f390f390f4" /* pause; pause; hlt */);
        machine.run();
        assertThat(machine.platform.pauses).isEqualTo(2);
    }

    @Test
    void fsAndGsBasesCanBeWrittenByUsersWhereAllowed() {
        machine.long64(
                "f3480faed8658b1c2500000000f3480faec9f4" /* wrgsbase %rax; mov %gs:0,%ebx; rdgsbase %rcx; hlt */);
        cpu.control.cr4 |= Cr4.FSGSBASE;
        cpu.gpr[RAX] = 0x20_0000;
        machine.ram.putInt(0x20_0000, 4);
        machine.run();
        assertThat(cpu.gpr[RBX]).isEqualTo(4);
        assertThat(cpu.gpr[RCX]).isEqualTo(0x20_0000);
    }
}
