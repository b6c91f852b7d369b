// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import static dev.synapic.cpu.TestMachine.PAGE_TABLES;
import static dev.synapic.cpu.TestMachine.RAX;
import static dev.synapic.cpu.TestMachine.RSI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.x86.Cr0;
import dev.synapic.spec.x86.Cr4;
import dev.synapic.spec.x86.Efer;
import dev.synapic.spec.x86.Rflags;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Translation, rights and error codes: SDM vol. 3A, chapter 4. */
class PagingTest {
    private static final String LOAD = "488b06f4" /* mov (%rsi),%rax; hlt */;
    private static final String STORE = "488906f4" /* mov %rax,(%rsi); hlt */;
    private static final String JUMP = "ffe6" /* jmp *%rsi */;
    private static final int PML4 = PAGE_TABLES, PDPT = PAGE_TABLES + 0x1000, PD = PAGE_TABLES + 0x2000;
    private static final int PT = PAGE_TABLES + 0x3000;
    /** Linear 2 MiB to 4 MiB is mapped by PT in these tests. */
    private static final long VIRTUAL = 0x20_5000;

    private static final int PRESENT = 1, WRITE = 2, USER = 4, ACCESSED = 0x20, DIRTY = 0x40, LARGE = 0x80;
    private static final long NX = 1L << 63;

    private final TestMachine machine = new TestMachine();
    private final Cpu cpu = machine.cpu;

    @AfterEach
    void close() {
        machine.close();
    }

    /** Maps VIRTUAL to a 4 KiB page with the entry's flags, and points RSI at it. */
    private void map(long gpa, long flags) {
        machine.ram.putLong(PD + 8, PT | PRESENT | WRITE | USER);
        machine.ram.putLong(PT + 8 * 5, gpa | flags);
        cpu.gpr[RSI] = VIRTUAL + 8;
        cpu.memory.flush();
    }

    private void setCr(long cr0, long cr4) {
        cpu.control.cr0 |= cr0;
        cpu.control.cr4 |= cr4;
        cpu.memory.pagingChanged();
    }

    /** Vector 14 has a stack of its own, so that the frame can be found. */
    private void assertPageFault(long address, int errorCode) {
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.PF);
        assertThat(cpu.control.cr2).isEqualTo(address);
        assertThat(machine.stack64(0)).isEqualTo(errorCode);
    }

    private void ring0Stack() {
        machine.ram.putLong(TestMachine.TSS + 4, 0x7000);
    }

    @Test
    void aFourKibibytePageTranslatesAndIsMarkedAccessedOnAllLevels() {
        machine.long64(LOAD);
        map(0x30_0000, PRESENT | WRITE);
        machine.ram.putLong(0x30_0008, 0x1122_3344_5566_7788L);

        assertThat(machine.run()).isEqualTo(StopReason.HALT);

        assertThat(cpu.gpr[RAX]).isEqualTo(0x1122_3344_5566_7788L);
        assertThat(machine.ram.getLong(PT + 8 * 5)).isEqualTo(0x30_0000 | PRESENT | WRITE | ACCESSED);
        assertThat(machine.ram.getLong(PD + 8) & ACCESSED).isNotZero();
        assertThat(machine.ram.getLong(PDPT) & ACCESSED).isNotZero();
        assertThat(machine.ram.getLong(PML4) & ACCESSED).isNotZero();
        assertThat(machine.ram.getLong(PML4) & DIRTY).isZero();
    }

    @Test
    void aStoreMarksTheLastLevelDirtyEvenWhenALoadCameFirst() {
        machine.long64("488b0648890ef4" /* mov (%rsi),%rax; mov %rcx,(%rsi); hlt */);
        map(0x30_0000, PRESENT | WRITE);
        cpu.gpr[TestMachine.RCX] = 42;

        machine.run();

        assertThat(machine.ram.getLong(PT + 8 * 5) & (ACCESSED | DIRTY)).isEqualTo(ACCESSED | DIRTY);
        assertThat(machine.ram.getLong(0x30_0008)).isEqualTo(42);
    }

    @Test
    void twoMebibyteAndOneGibibytePagesTranslate() {
        machine.long64(LOAD);
        machine.ram.putLong(PD + 8 * 3, 0x40_0000 | LARGE | PRESENT);
        machine.ram.putLong(0x43_2100, 77);
        cpu.gpr[RSI] = 0x63_2100;
        machine.run();
        assertThat(cpu.gpr[RAX]).isEqualTo(77);

        machine.ram.putLong(PDPT + 8 * 2, LARGE | PRESENT);
        cpu.gpr[RSI] = 0x8000_0000L + 0x43_2100;
        cpu.rip = TestMachine.CODE;
        cpu.gpr[RAX] = 0;
        cpu.injectNmi();
        cpu.rip = TestMachine.CODE;
        machine.run();
        assertThat(cpu.gpr[RAX]).isEqualTo(77);
        assertThat(machine.ram.getLong(PDPT + 8 * 2) & ACCESSED).isNotZero();
    }

    @Test
    void aPageThatIsNotPresentFaultsWithTheAddressInCr2() {
        machine.long64(LOAD);
        map(0, 0);
        assertPageFault(VIRTUAL + 8, 0);
        assertThat(machine.stack64(1)).as("the faulting instruction").isEqualTo(TestMachine.CODE);
        assertThat(machine.stack64(3) & Rflags.RF).as("RF in the image").isNotZero();
    }

    @Test
    void aStoreToAReadOnlyPageFaultsUnderWriteProtectionOnly() {
        machine.long64(STORE);
        map(0x30_0000, PRESENT);
        cpu.control.cr0 &= ~Cr0.WP;
        cpu.memory.pagingChanged();
        assertThat(machine.run()).isEqualTo(StopReason.HALT);
        assertThat(machine.handledVector()).isEqualTo(-1);

        setCr(Cr0.WP, 0);
        cpu.rip = TestMachine.CODE;
        cpu.injectNmi();
        cpu.rip = TestMachine.CODE;
        assertPageFault(VIRTUAL + 8, PRESENT | WRITE);
    }

    @ParameterizedTest
    @CsvSource({"true, 7", "false, 5"})
    void userAccessesToSupervisorPagesFault(boolean write, int errorCode) {
        machine.long64(write ? STORE : LOAD).user64();
        ring0Stack();
        map(0x30_0000, PRESENT | WRITE);
        assertPageFault(VIRTUAL + 8, errorCode);
        assertThat(cpu.cpl()).isZero();
    }

    @Test
    void noExecuteStopsTheFetchAndTellsSo() {
        machine.long64(JUMP);
        map(0x30_0000, PRESENT | NX);
        assertPageFault(VIRTUAL + 8, PRESENT | 0x10);
    }

    @Test
    void withoutNxeTheNoExecuteBitIsReserved() {
        machine.long64(LOAD);
        cpu.control.efer &= ~Efer.NXE;
        cpu.memory.pagingChanged();
        map(0x30_0000, PRESENT | NX);
        assertPageFault(VIRTUAL + 8, PRESENT | 8);
    }

    @Test
    void addressBitsBeyondTheProcessorsAreReserved() {
        machine.long64(STORE);
        map(1L << 46, PRESENT | WRITE);
        assertPageFault(VIRTUAL + 8, PRESENT | 8 | WRITE);
    }

    @Test
    void supervisorModeExecutionPreventionStopsFetchesFromUserPages() {
        machine.long64(JUMP);
        map(0x30_0000, PRESENT | USER);
        machine.ram.putLong(PD, LARGE | PRESENT | WRITE); // the kernel's own pages
        setCr(0, Cr4.SMEP);
        assertPageFault(VIRTUAL + 8, PRESENT | 0x10);
    }

    @Test
    void supervisorModeAccessPreventionStopsDataAccessesUnlessAcIsSet() {
        machine.long64("0f01cb488b060f01ca488b06f4" /* stac; mov (%rsi),%rax; clac; mov (%rsi),%rax; hlt */);
        map(0x30_0000, PRESENT | USER);
        machine.ram.putLong(0x30_0008, 5);
        machine.ram.putLong(PD, LARGE | PRESENT | WRITE);
        setCr(0, Cr4.SMAP);
        assertPageFault(VIRTUAL + 8, PRESENT);
        assertThat(cpu.gpr[RAX]).isEqualTo(5);
        assertThat(machine.stack64(1)).isEqualTo(TestMachine.CODE + 9);
    }

    @Test
    void anAccessAcrossPagesUsesBothTranslations() {
        machine.long64(LOAD);
        map(0x30_0000, PRESENT | WRITE);
        machine.ram.putLong(PT + 8 * 6, 0x31_0000 | PRESENT | WRITE);
        machine.ram.putInt(0x30_0FFC, 0x4433_2211);
        machine.ram.putInt(0x31_0000, 0x8877_6655);
        cpu.gpr[RSI] = VIRTUAL + 0xFFC;
        machine.run();
        assertThat(cpu.gpr[RAX]).isEqualTo(0x8877_6655_4433_2211L);
    }

    @Test
    void aStoreAcrossPagesChangesNothingWhenTheSecondFaults() {
        machine.long64(STORE);
        map(0x30_0000, PRESENT | WRITE);
        machine.ram.putLong(PT + 8 * 6, 0x31_0000 | PRESENT);
        cpu.gpr[RSI] = VIRTUAL + 0xFFC;
        cpu.gpr[RAX] = -1;
        assertPageFault(VIRTUAL + 0x1000, PRESENT | WRITE);
        assertThat(machine.ram.getInt(0x30_0FFC)).isZero();
    }

    @Test
    void nonCanonicalAddressesAreGeneralProtectionOrStackFaults() {
        machine.long64(LOAD);
        cpu.gpr[RSI] = 0x8000_0000_0000L;
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.GP);

        machine.load(TestMachine.CODE + 0x100, "488b4500" /* mov (%rbp),%rax */);
        cpu.gpr[TestMachine.RBP] = 0x8000_0000_0000L;
        cpu.injectNmi();
        cpu.rip = TestMachine.CODE + 0x100;
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.SS);
    }

    @Test
    void invlpgMakesAChangedEntryEffective() {
        machine.long64(
                "488b0648c70703003100488b1e0f013e488b0ef4" /* mov (%rsi),%rax; movq $0x310003,(%rdi); mov (%rsi),%rbx; invlpg (%rsi);mov (%rsi),%rcx; hlt */);
        map(0x30_0000, PRESENT | WRITE);
        cpu.gpr[TestMachine.RDI] = PT + 8 * 5;
        machine.ram.putLong(0x30_0008, 1);
        machine.ram.putLong(0x31_0008, 2);
        machine.run();
        assertThat(cpu.gpr[RAX]).isEqualTo(1);
        assertThat(cpu.gpr[TestMachine.RBX]).as("still the old translation").isEqualTo(1);
        assertThat(cpu.gpr[TestMachine.RCX]).isEqualTo(2);
    }

    @Test
    void invlpgOfAnyAddressInALargePageDropsAllOfIt() {
        machine.long64(
                "488b0648c707830040000f01be00100000488b1ef4" /* mov (%rsi),%rax; movq $0x400083,(%rdi); invlpg 0x1000(%rsi); mov (%rsi),%rbx; hlt */);
        cpu.gpr[RSI] = 0x60_0000;
        cpu.gpr[TestMachine.RDI] = PD + 8 * 3;
        machine.ram.putLong(0x60_0000, 1);
        machine.ram.putLong(0x40_0000, 2);
        machine.run();
        assertThat(cpu.gpr[RAX]).isEqualTo(1);
        assertThat(cpu.gpr[TestMachine.RBX]).isEqualTo(2);
    }

    @Test
    void aMoveToCr3DropsTranslations() {
        machine.long64(
                "488b0648c707030031000f20da0f22da488b1ef4" /* mov (%rsi),%rax; movq $0x310003,(%rdi); mov %cr3,%rdx; mov %rdx,%cr3; mov (%rsi),%rbx; hlt */);
        map(0x30_0000, PRESENT | WRITE);
        cpu.gpr[TestMachine.RDI] = PT + 8 * 5;
        machine.ram.putLong(0x31_0008, 2);
        machine.run();
        assertThat(cpu.gpr[TestMachine.RBX]).isEqualTo(2);
    }

    @Test
    void whatIsNotRamGoesToTheMmioPortWithItsSize() {
        machine.long64("89068b0e66894608f4" /* mov %eax,(%rsi); mov (%rsi),%ecx; mov %ax,8(%rsi); hlt */);
        map(0xFEE0_0000L, PRESENT | WRITE);
        cpu.gpr[RAX] = 0xAABB_CCDDL;
        machine.run();
        assertThat(machine.platform.log)
                .containsExactly(
                        "mmio write fee00008 4 aabbccdd", "mmio read fee00008 4", "mmio write fee00010 2 ccdd");
        assertThat(cpu.gpr[TestMachine.RCX]).isEqualTo(0xAABB_CCDDL);
    }

    @Test
    void thirtyTwoBitPagingKnowsSmallAndLargePages() {
        machine.protected32("8b068b1f8907f4" /* mov (%esi),%eax; mov (%edi),%ebx; movl %eax,(%edi); hlt */);
        machine.ram.putInt(PAGE_TABLES, LARGE | PRESENT | WRITE);
        machine.ram.putInt(PAGE_TABLES + 4, 0x40_0000 | LARGE | PRESENT | WRITE);
        machine.ram.putInt(PAGE_TABLES + 4 * 0x300, PAGE_TABLES + 0x1000 | PRESENT | WRITE);
        machine.ram.putInt(PAGE_TABLES + 0x1000 + 4, 0x30_0000 | PRESENT | WRITE);
        machine.ram.putInt(0x45_6780, 11);
        machine.ram.putInt(0x30_0004, 22);
        cpu.control.cr3 = PAGE_TABLES;
        setCr(Cr0.PG | Cr0.WP, Cr4.PSE);
        cpu.gpr[RSI] = 0x45_6780;
        cpu.gpr[TestMachine.RDI] = 0xC000_1004L;
        machine.run();
        assertThat(cpu.gpr[RAX]).isEqualTo(11);
        assertThat(cpu.gpr[TestMachine.RBX]).isEqualTo(22);
        assertThat(machine.ram.getInt(PAGE_TABLES + 0x1000 + 4)).isEqualTo(0x30_0000 | 3 | ACCESSED | DIRTY);
        assertThat(machine.ram.getInt(PAGE_TABLES + 4) & DIRTY).isZero();
    }

    @Test
    void paePagingWalksFromTheLoadedPointers() {
        machine.protected32(
                "0f22d80f20c00d000000800f22c08b06f4" /* mov %eax,%cr3; mov %cr0,%eax; or $0x80000000,%eax; mov %eax,%cr0; mov (%esi),%eax; hlt */);
        machine.ram.putLong(PAGE_TABLES, PAGE_TABLES + 0x1000 | PRESENT);
        machine.ram.putLong(PAGE_TABLES + 24, PAGE_TABLES + 0x2000 | PRESENT);
        machine.ram.putLong(PAGE_TABLES + 0x1000, LARGE | PRESENT | WRITE);
        machine.ram.putLong(PAGE_TABLES + 0x2000, PAGE_TABLES + 0x3000 | PRESENT | WRITE);
        machine.ram.putLong(PAGE_TABLES + 0x3000 + 8, 0x30_0000 | PRESENT | WRITE);
        machine.ram.putInt(0x30_0010, 33);
        cpu.control.cr4 = Cr4.PAE;
        cpu.gpr[RAX] = PAGE_TABLES;
        cpu.gpr[RSI] = 0xC000_1010L;
        machine.run();
        assertThat(cpu.gpr[RAX]).isEqualTo(33);
    }

    @Test
    void paePointersWithReservedBitsAreRefusedWhenLoaded() {
        machine.protected32("0f22c0f4" /* mov %eax,%cr0; hlt */);
        machine.ram.putLong(PAGE_TABLES, PAGE_TABLES + 0x1000 | PRESENT | WRITE);
        cpu.control.cr4 = Cr4.PAE;
        cpu.control.cr3 = PAGE_TABLES;
        cpu.gpr[RAX] = 0x8000_0011L;
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.GP);
        assertThat(cpu.control.paging()).isFalse();
    }

    @Test
    void userAndSupervisorTranslationsDoNotMix() {
        machine.long64("488b06f4" /* mov (%rsi),%rax; hlt */);
        ring0Stack();
        map(0x30_0000, PRESENT | WRITE);
        machine.run(); // the supervisor's translation is in the TLB now
        machine.user64();
        cpu.injectNmi();
        machine.user64();
        cpu.rip = TestMachine.CODE;
        assertPageFault(VIRTUAL + 8, PRESENT | USER);
    }

    @Test
    void lockedUpdatesWorkAcrossPagesAndMisaligned() {
        machine.long64(
                "f0010666f0018603010000f048018605020000f4" /* lock addl %eax,(%rsi); lock addw %ax,0x103(%rsi); lock addq %rax,0x205(%rsi); hlt */);
        map(0x30_0000, PRESENT | WRITE);
        machine.ram.putLong(PT + 8 * 6, 0x31_0000 | PRESENT | WRITE);
        cpu.gpr[RSI] = VIRTUAL + 0xFFE;
        cpu.gpr[RAX] = 0x0001_0001;
        machine.run();
        assertThat(machine.ram.getShort(0x30_0FFE)).isEqualTo((short) 1);
        assertThat(machine.ram.getShort(0x31_0000)).isEqualTo((short) 1);
        assertThat(machine.ram.getShort(0x31_0101)).isEqualTo((short) 1);
        assertThat(machine.ram.getLong(0x31_0203)).isEqualTo(0x0001_0001);
    }

    @Test
    void probingSetsNoFlags() {
        machine.long64(LOAD);
        map(0x30_0000, PRESENT | WRITE);
        assertThat(cpu.memory.probe(VIRTUAL + 1)).isEqualTo(0x30_0001);
        assertThat(machine.ram.getLong(PT + 8 * 5) & ACCESSED).isZero();
        assertThat(cpu.memory.probe(1L << 40)).isEqualTo(-1);
    }
}
