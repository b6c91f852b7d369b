// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import static dev.synapic.cpu.TestMachine.RAX;
import static dev.synapic.cpu.TestMachine.RCX;
import static dev.synapic.cpu.TestMachine.TSS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cpu.state.Descriptor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What depends on CPUID: vendors differ in system calls (SDM vol. 2B, APM vol. 3), and what is not offered is undefined. */
class VendorTest {
    private static final int EBX_AUTH = 0x6874_7541;

    private final TestMachine machine = new TestMachine();
    private final Cpu cpu = machine.cpu;

    @AfterEach
    void close() {
        machine.close();
    }

    private void amd() {
        machine.platform.leaves.put(0, new int[] {1, EBX_AUTH, 0, 0});
    }

    private void compatibilityMode(String hex) {
        machine.long64(hex).user32();
        machine.ram.putLong(TSS + 4, 0x7000);
        machine.load(0x6000, "f4");
        cpu.msrs.cstar = 0x6000;
        cpu.msrs.star = (long) TestMachine.CODE64 << 32;
    }

    @Test
    void syscallFromCompatibilityModeIsUndefinedOnIntel() {
        compatibilityMode("0f05");
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.UD);
    }

    @Test
    void syscallFromCompatibilityModeGoesToCstarOnAmd() {
        amd();
        compatibilityMode("0f05");
        machine.run();
        assertThat(cpu.rip).isEqualTo(0x6001);
        assertThat(cpu.gpr[RCX]).isEqualTo(TestMachine.CODE + 2);
        assertThat(cpu.in64BitMode()).isTrue();
    }

    @Test
    void sysenterInLongModeIsUndefinedOnAmd() {
        amd();
        machine.long64("0f34");
        cpu.msrs.sysenterCs = TestMachine.CODE64;
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.UD);
    }

    @Test
    void monitorAndMwaitThatAreNotOfferedAreUndefined() { // SDM vol. 2B: CPUID.01H:ECX[3]
        for (String code : new String[] {"0f01c8" /* monitor */, "0f01c9" /* mwait */}) {
            machine.long64(code);
            machine.run();
            assertThat(machine.handledVector()).as(code).isEqualTo(CpuException.UD);
        }
    }

    /** SDM vol. 2B, "MONITOR" and "MWAIT": #GP(0) if RCX asks for what CPUID leaf 5 does not offer. */
    @Test
    void monitorAndMwaitRefuseExtensionsThatAreNotOffered() {
        machine.platform.leaves.get(1)[2] |= 1 << 3;
        for (String code : new String[] {"0f01c8" /* monitor */, "0f01c9" /* mwait */}) {
            for (long extensions : new long[] {1, 2, 1L << 32}) {
                machine.long64(code);
                cpu.gpr[RCX] = extensions;
                machine.run();
                assertThat(machine.handledVector()).as("%s, RCX 0x%x", code, extensions).isEqualTo(CpuException.GP);
            }
        }
    }

    @Test
    void monitorAndMwaitGoOnWhereTheyAreOffered() {
        machine.platform.leaves.get(1)[2] |= 1 << 3;
        machine.long64("0f01c8 0f01c9 f4" /* monitor; mwait; hlt */);
        cpu.gpr[RAX] = TestMachine.CODE;
        machine.run();
        assertThat(cpu.rip).isEqualTo(TestMachine.CODE + 7);
        assertThat(machine.platform.pauses).isEqualTo(1);
    }

    /** SDM vol. 2B, "RDPMC": #GP(0) if ECX names a counter that is not there; CPUID leaf 0AH offers none. */
    @Test
    void rdpmcWithoutCountersIsAProtectionFault() {
        for (long counter : new long[] {0, 1, 1L << 30}) {
            machine.long64("0f33" /* rdpmc */);
            cpu.gpr[RCX] = counter;
            machine.run();
            assertThat(machine.handledVector()).as("counter 0x%x", counter).isEqualTo(CpuException.GP);
        }
    }

    /** SDM vol. 2A, "CLFLUSH": it faults as a load of a byte does, and LOCK before it is undefined. */
    @Test
    void cacheLineFlushesFaultAsReadsDo() {
        for (String code : new String[] {"0fae38" /* clflush (%rax) */, "660fae38" /* clflushopt */, "660fae30" /* clwb */}) {
            machine.long64(code);
            cpu.gpr[RAX] = 0x0000_8000_0000_0000L;
            machine.run();
            assertThat(machine.handledVector()).as(code + ", not canonical").isEqualTo(CpuException.GP);
        }
        machine.long64("f00fae38" /* lock clflush (%rax) */);
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.UD);
    }

    @Test
    void rdtscpThatIsNotOfferedIsUndefined() {
        machine.platform.leaves.remove(0x8000_0001);
        machine.long64("0f01f9");
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.UD);
    }

    @Test
    void monitorNeedsItsFeatureBitAndNoExtensions() { // vol. 2B
        machine.long64("0f01c8 f4");
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.UD);
    }

    @Test
    void monitorRefusesExtensions() {
        machine.platform.leaves.put(1, new int[] {0x600, 0, 1 << 3, 0});
        machine.long64("0f01c8 f4");
        cpu.gpr[RCX] = 1;
        cpu.gpr[RAX] = 0x30_0000;
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.GP);
    }

    @Test
    void whoHasAnNmiHearsOfTheIretThatUnblocksIt() { // vol. 3A, 6.7.1
        machine.long64("90 90 f4");
        machine.load(TestMachine.HANDLERS + 32, "48cf");
        cpu.injectNmi();
        assertThat(machine.run()).isEqualTo(StopReason.REQUESTED);
        assertThat(cpu.rip).isEqualTo(TestMachine.CODE);
        assertThat(cpu.nmiBlocked()).isFalse();
    }

    @Test
    void anOutwardReturnLeavesTheBaseThatGsHad() { // vol. 2A, "IRET": the selector becomes null
        machine.long64("48cf" /* iretq */);
        cpu.segments.load(DecodedInstruction.GS, TestMachine.DATA, 0x1234_5000L, 0, 0x93);
        long[] frame = {0x6000, TestMachine.USER_CODE64 | 3, 2, 0x7000, TestMachine.USER_DATA | 3};
        for (int i = 0; i < frame.length; i++) {
            machine.ram.putLong(TestMachine.STACK + 8L * i, frame[i]);
        }
        cpu.run(1);
        assertThat(cpu.segments.selector(DecodedInstruction.GS)).isZero();
        assertThat(cpu.segments.base(DecodedInstruction.GS)).isEqualTo(0x1234_5000L);
        assertThat(Descriptor.present(cpu.segments.attributes(DecodedInstruction.GS)))
                .isFalse();
    }

    @Test
    void aTaskRegisterRefusesABaseThatIsNotCanonical() { // vol. 2A, "LTR"
        machine.long64("0f00d8" /* ltr %ax */);
        cpu.gpr[RAX] = TestMachine.TASK;
        machine.ram.putLong(TestMachine.GDT + TestMachine.TASK + 8, 0xAAAA_AAAAL);
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.GP);
        assertThat(machine.stack64(0)).isEqualTo(TestMachine.TASK);
    }
}
