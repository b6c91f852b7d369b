// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import static dev.synapic.cpu.TestMachine.PAGE_TABLES;
import static dev.synapic.cpu.TestMachine.RAX;
import static dev.synapic.cpu.TestMachine.RBX;
import static dev.synapic.cpu.TestMachine.RCX;
import static dev.synapic.cpu.TestMachine.RDI;
import static dev.synapic.cpu.TestMachine.RSI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.x86.Cr0;
import dev.synapic.spec.x86.Cr4;
import dev.synapic.spec.x86.Rflags;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What stays of cached translations, and what goes: SDM vol. 3A, 4.10.4.1. A page is mapped anew behind the TLB's back. */
class AddressSpacesTest {
    private static final String LOAD = "488b06 f4" /* mov (%rsi),%rax; hlt */;
    private static final int PD = PAGE_TABLES + 0x2000, PT = PAGE_TABLES + 0x3000;
    private static final long VIRTUAL = 0x20_9000, OLD = 0x30_0000, NEW = 0x31_0000;
    private static final int PRESENT = 1, WRITE = 2, USER = 4, GLOBAL = 0x100;
    private static final long KEEP = 1L << 63;
    private static final int DESCRIPTOR = 0x50_0000;

    private final TestMachine machine = new TestMachine();
    private final Cpu cpu = machine.cpu;

    @BeforeEach
    void boot() {
        machine.long64(LOAD);
        cpu.control.cr4 |= Cr4.PGE | Cr4.PCIDE;
        cpu.memory.pagingChanged();
        machine.ram.putLong(PD + 8, PT | PRESENT | WRITE | USER);
        machine.ram.putLong(OLD, 1);
        machine.ram.putLong(NEW, 2);
        cpu.gpr[RSI] = VIRTUAL;
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private void map(long gpa, long flags) {
        machine.ram.putLong(PT + 8 * 9, gpa | PRESENT | WRITE | flags);
    }

    private void execute(String hex) {
        machine.load(0x1800, hex).goOnAt(0x1800);
        assertThat(machine.run()).isEqualTo(StopReason.HALT);
        assertThat(machine.handledVector()).isEqualTo(-1);
    }

    private long load() {
        execute(LOAD);
        return cpu.gpr[RAX];
    }

    private void loadCr3(long value) {
        cpu.gpr[RBX] = value;
        execute("0f22db f4" /* mov %rbx,%cr3; hlt */);
    }

    private void invpcid(int type, int context, long address) {
        machine.ram.putLong(DESCRIPTOR, context);
        machine.ram.putLong(DESCRIPTOR + 8, address);
        cpu.gpr[RCX] = type;
        cpu.gpr[RDI] = DESCRIPTOR;
        execute("660f38820f f4" /* invpcid (%rdi),%rcx; hlt */);
    }

    /** Fills the TLB in context 1 with the old page, and maps the new one. */
    private void staleInContext1(long flags) {
        map(OLD, flags);
        loadCr3(PAGE_TABLES | 1);
        assertThat(load()).isEqualTo(1);
        map(NEW, flags);
    }

    @Test
    void aLoadOfCr3WithBit63KeepsWhatIsKnownOfTheContext() {
        staleInContext1(0);
        loadCr3(PAGE_TABLES | 2);
        assertThat(load()).as("another context").isEqualTo(2);
        loadCr3(PAGE_TABLES | 1 | KEEP);
        assertThat(load()).isEqualTo(1);
        assertThat(cpu.control.cr3).as("bit 63 is not kept").isEqualTo(PAGE_TABLES | 1);
    }

    @Test
    void aLoadOfCr3WithoutBit63DropsTheContext() {
        staleInContext1(0);
        loadCr3(PAGE_TABLES | 1);
        assertThat(load()).isEqualTo(2);
    }

    @Test
    void globalTranslationsOutliveALoadOfCr3ButNotInvlpg() {
        staleInContext1(GLOBAL);
        loadCr3(PAGE_TABLES | 1);
        assertThat(load()).isEqualTo(1);
        execute("0f013e f4" /* invlpg (%rsi); hlt */);
        assertThat(load()).isEqualTo(2);
    }

    @Test
    void withoutPgeThereAreNoGlobalTranslations() {
        cpu.control.cr4 &= ~Cr4.PGE;
        cpu.memory.pagingChanged();
        staleInContext1(GLOBAL);
        loadCr3(PAGE_TABLES | 1);
        assertThat(load()).isEqualTo(2);
    }

    @Test
    void changingPgeDropsEverything() {
        staleInContext1(GLOBAL);
        cpu.gpr[RBX] = cpu.control.cr4 & ~Cr4.PGE;
        execute("0f22e3 f4" /* mov %rbx,%cr4; hlt */);
        assertThat(load()).isEqualTo(2);
    }

    @Test
    void invpcidOfOneAddressDropsItInThatContext() {
        staleInContext1(0);
        invpcid(0, 1, VIRTUAL);
        assertThat(load()).isEqualTo(2);
    }

    @Test
    void invpcidOfOneContextLeavesOthersAndGlobalOnes() {
        staleInContext1(0);
        invpcid(1, 2, 0);
        assertThat(load()).isEqualTo(1);
        invpcid(1, 1, 0);
        assertThat(load()).isEqualTo(2);

        staleInContext1(GLOBAL);
        invpcid(1, 1, 0);
        assertThat(load()).isEqualTo(1);
    }

    @Test
    void invpcidOfAllContextsTakesGlobalOnesOrNot() {
        staleInContext1(GLOBAL);
        invpcid(3, 0, 0);
        assertThat(load()).as("type 3 leaves global ones").isEqualTo(1);
        invpcid(2, 0, 0);
        assertThat(load()).as("type 2 does not").isEqualTo(2);
    }

    @Test
    void aContextThatWasReplacedComesBackEmpty() {
        staleInContext1(0);
        for (int context = 2; context < 20; context++) {
            loadCr3(PAGE_TABLES | context);
            load();
        }
        loadCr3(PAGE_TABLES | 1 | KEEP);
        assertThat(load()).isEqualTo(2);
    }

    @Test
    void settingWriteProtectAppliesToPagesThatWereWritten() { // 4.6.1
        machine.ram.putLong(PT + 8 * 9, OLD | PRESENT);
        cpu.control.cr0 &= ~Cr0.WP;
        cpu.memory.writeProtectionChanged();
        execute("48890e f4" /* mov %rcx,(%rsi); hlt */);
        cpu.control.cr0 |= Cr0.WP;
        cpu.memory.writeProtectionChanged();
        machine.goOnAt(0x1800).run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.PF);
    }

    @Test
    void stacLetsSupervisorsAtUserPagesUntilClac() { // 4.6
        map(OLD, USER);
        cpu.control.cr4 |= Cr4.SMAP;
        cpu.setRflags(0);
        for (int i = 0; i < 4; i++) {
            // RAM outside the page under test belongs to the supervisor
            machine.ram.putLong(PD + 8L * i, i == 1 ? PT | PRESENT | WRITE | USER : (long) i << 21 | 0x83);
        }
        cpu.memory.pagingChanged();
        execute("0f01cb 488b06 488b06 0f01ca f4" /* stac; load twice; clac; hlt */);
        assertThat(cpu.gpr[RAX]).isEqualTo(1);
        machine.load(0x1800, LOAD);
        machine.goOnAt(0x1800).run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.PF);
    }

    @Test
    void alignmentIsCheckedForUsersWhoAskForIt() { // 6.15, interrupt 17
        machine.long64("8b06 8b4601 f4" /* mov (%rsi),%eax; mov 1(%rsi),%eax; hlt */);
        machine.ram.putLong(TestMachine.TSS + 4, 0x7000);
        machine.user64();
        cpu.control.cr0 |= Cr0.AM;
        cpu.gpr[RSI] = 0x30_0000;
        cpu.setRflags(Rflags.AC);
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.AC);
        assertThat(machine.stack64(0)).as("error code").isZero();
        assertThat(machine.stack64(1)).isEqualTo(TestMachine.CODE + 2);
    }
}
