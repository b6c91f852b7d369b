// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_ALIGNMENT;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_HYPERCALL_INPUT;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_PARAMETER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.Transit;
import dev.synapic.spec.hyperv.HypercallCode;
import dev.synapic.spec.hyperv.HypercallInput;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLFS, HvCallFlushVirtualAddressSpace(Ex), HvCallFlushVirtualAddressList(Ex). */
class FlushHypercallsTest {
    private static final int VPS = 130;
    private static final long SPACE = HypercallCode.HvCallFlushVirtualAddressSpace;
    private static final long LIST = HypercallCode.HvCallFlushVirtualAddressList;
    private static final long SPACE_EX = HypercallCode.HvCallFlushVirtualAddressSpaceEx;
    private static final long LIST_EX = HypercallCode.HvCallFlushVirtualAddressListEx;
    private static final long FAST = HypercallInput.FAST;
    private static final long BLOCK = 0x4000;
    private static final long CR3 = 0x12_3000;
    private static final long ALL_PROCESSORS = 1;
    private static final long ALL_SPACES = 2;
    private static final long NON_GLOBAL = 4;
    private static final long EXTENDED = 8;

    private final List<String> flushed = new ArrayList<>();
    private final TlbFlushPort tlbs = new TlbFlushPort() {
        @Override
        public void flushSpace(int vpIndex, long addressSpace, boolean keepGlobal) {
            flushed.add("%d space %x%s".formatted(vpIndex, addressSpace, keepGlobal ? " but global" : ""));
        }

        @Override
        public void flushPages(int vpIndex, long addressSpace, long gva, int pages) {
            flushed.add("%d pages %x %x+%d".formatted(vpIndex, addressSpace, gva, pages));
        }
    };
    private final List<String> told = new ArrayList<>();
    private final HvHypercallListener listener = new HvHypercallListener() {
        @Override
        public void tlbsFlushed(int code, long addressSpace, long flags, int processors) {
            told.add("%x %x %x %d".formatted(code, addressSpace, flags, processors));
        }
    };
    private final VirtualProcessors vps =
            new VirtualProcessors(VPS, new SynIcSet(VPS + 8), Transit.IMMEDIATE, SynIcListener.NONE);
    private final HvHypercalls calls = new HvHypercalls(
            vps.set, vps.bus, vps.memory, new ConnectionTable(), tlbs, PartitionPrivileges.UNRESTRICTED, listener);

    private long call(long control, long... block) {
        for (int i = 0; i < block.length; i++) {
            vps.memory.putLong(BLOCK + 8L * i, block[i]);
        }
        return calls.invoke(control, BLOCK, 0, null);
    }

    private static long reps(int count) {
        return (long) count << HypercallInput.REP_COUNT_SHIFT;
    }

    private static long from(int start) {
        return (long) start << HypercallInput.REP_START_SHIFT;
    }

    private static long banks(int count) {
        return (long) count << HypercallInput.VARIABLE_HEADER_SHIFT;
    }

    // ---- an address space
    // ---------------------------------------------------------------------------------------------------

    @Test
    void spaceIsFlushedAtTheProcessorsOfTheMask() {
        assertThat(call(SPACE, CR3, 0, 0x51)).isZero();

        assertThat(flushed).containsExactly("0 space 123000", "4 space 123000", "6 space 123000");
        assertThat(told).containsExactly("2 123000 0 3");
    }

    @Test
    void flagsSayWhichSpacesAndWhichMappings() {
        call(SPACE, CR3, ALL_SPACES | NON_GLOBAL, 1);

        assertThat(flushed).containsExactly("0 space ffffffffffffffff but global");
    }

    @Test
    void allProcessorsOverrideTheMask() {
        call(SPACE, CR3, ALL_PROCESSORS, 0x2);

        assertThat(flushed).hasSize(VPS);
    }

    /** Windows Server 2012 sends an empty mask to mean everybody. */
    @Test
    void emptyMaskMeansEverybody() {
        call(SPACE, CR3, 0, 0);

        assertThat(flushed).hasSize(VPS);
    }

    @Test
    void processorsThatDoNotExistArePassedOver() {
        VirtualProcessors few = new VirtualProcessors(2, new SynIcSet(9), Transit.IMMEDIATE, SynIcListener.NONE);
        HvHypercalls small = new HvHypercalls(
                few.set, few.bus, vps.memory, new ConnectionTable(), tlbs, PartitionPrivileges.UNRESTRICTED, listener);
        vps.memory.putLong(BLOCK, CR3);
        vps.memory.putLong(BLOCK + 16, -1);

        assertThat(small.invoke(SPACE, BLOCK, 0, null)).isZero();

        assertThat(flushed).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(longs = {16, 32, 1L << 63, -1})
    void otherFlagsAreReserved(long flags) {
        assertThat(call(SPACE, CR3, flags, 1)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(call(LIST | reps(1), CR3, flags, 1, 0x1000)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(call(SPACE_EX, CR3, flags, 1, 0)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(flushed).isEmpty();
    }

    @Test
    void spaceInASparseSet() {
        assertThat(call(SPACE_EX | banks(2), CR3, NON_GLOBAL, 0, 0b101, 0b11, 0b10))
                .isZero();

        assertThat(flushed)
                .containsExactly(
                        "0 space 123000 but global", "1 space 123000 but global", "129 space 123000 but global");
    }

    @Test
    void completeSetAndFlagMeanEverybody() {
        call(SPACE_EX, CR3, 0, 1, 0);
        assertThat(flushed).hasSize(VPS);
        flushed.clear();

        call(SPACE_EX | banks(1), CR3, ALL_PROCESSORS, 0, 1, 1);

        assertThat(flushed).hasSize(VPS);
    }

    @Test
    void emptySparseSetMeansNobody() {
        assertThat(call(SPACE_EX, CR3, 0, 0, 0)).isZero();

        assertThat(flushed).isEmpty();
    }

    @Test
    void setThatIsNotAsItSaysIsRefused() {
        assertThat(call(SPACE_EX | banks(1), CR3, 0, 0, 0b11, 1)).isEqualTo(HV_STATUS_INVALID_HYPERCALL_INPUT);
        assertThat(call(SPACE_EX | banks(1), CR3, 0, 2, 1, 1)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(call(SPACE | banks(1), CR3, 0, 1)).isEqualTo(HV_STATUS_INVALID_HYPERCALL_INPUT);
        assertThat(flushed).isEmpty();
    }

    // ---- lists: rep calls
    // ---------------------------------------------------------------------------------------------------

    @Test
    void rangesOfAListAreFlushedAndCounted() {
        long result = call(LIST | reps(2), CR3, 0, 0b10, 0x7000_0000_1000L, 0x5000 | 3);

        assertThat(result).isEqualTo(reps(2));
        assertThat(flushed).containsExactly("1 pages 123000 700000001000+1", "1 pages 123000 5000+4");
    }

    @Test
    void longestRangeHas4096Pages() {
        call(LIST | reps(1), CR3, ALL_SPACES, 1, 0xFFF);

        assertThat(flushed).containsExactly("0 pages ffffffffffffffff 0+4096");
    }

    /** Reps completed counts from the list's start, not from where this call began. */
    @Test
    void listGoesOnWhereTheCallerSays() {
        long result = call(LIST | reps(3) | from(1), CR3, 0, 1, 0x1000, 0x2000, 0x3000);

        assertThat(result).isEqualTo(reps(3));
        assertThat(flushed).containsExactly("0 pages 123000 2000+1", "0 pages 123000 3000+1");
    }

    @Test
    void listNeedsElementsAndAStartAmongThem() {
        for (long control : new long[] {LIST, LIST | from(1), LIST | reps(2) | from(2), LIST | reps(1) | from(4095)}) {
            assertThat(call(control, CR3, 0, 1, 0x1000)).isEqualTo(HV_STATUS_INVALID_HYPERCALL_INPUT);
        }
        assertThat(call(SPACE | reps(1), CR3, 0, 1)).as("no list").isEqualTo(HV_STATUS_INVALID_HYPERCALL_INPUT);
        assertThat(flushed).isEmpty();
    }

    /** TLFS: it does not make sense for a list; but Windows sends it there (flags 0xF), and KVM and OpenVMM take it. */
    @Test
    void nonGlobalOnlyIsIgnoredForAList() {
        assertThat(call(LIST | reps(1), CR3, NON_GLOBAL, 1, 0x1000)).isEqualTo(reps(1));

        assertThat(flushed).containsExactly("0 pages 123000 1000+1");
    }

    // ---- the extended format
    // ------------------------------------------------------------------------------------------------

    /** As OpenVMM's hvdef has it: bits 10:0 count, bit 11 large, bit 12 1 GiB, address from bit 21 on. */
    @ParameterizedTest
    @CsvSource({
        "0x7000_0000_1002, 700000001000+3",
        "0x5000_07FF, 50000000+2048",
        "0x4020_0801, 40200000+1024",
        "0x4020_1800, 40200000+262144",
        "0xFF_FFFF_FFFF_F7FF, fffffffffff000+2048",
    })
    void extendedRangesKnowLargePages(String range, String expected) {
        long bits = Long.decode(range.replace("_", ""));
        assertThat(call(LIST | reps(1), CR3, EXTENDED, 1, bits)).isEqualTo(reps(1));

        assertThat(flushed).containsExactly("0 pages 123000 " + expected);
    }

    /** No space has ranges; and who was not offered the format shall not use it. */
    @Test
    void extendedFormatIsForListsAndMustBeOffered() {
        assertThat(call(SPACE, CR3, EXTENDED, 1)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        PartitionPrivileges withoutExtended = new PartitionPrivileges(-1, -1, ~(1 << 14), -1, 0, true);
        HvHypercalls guarded = new HvHypercalls(
                vps.set, vps.bus, vps.memory, new ConnectionTable(), tlbs, withoutExtended, HvHypercallListener.NONE);
        call(SPACE, CR3, 0, 1);
        vps.memory.putLong(BLOCK + 8, EXTENDED);
        flushed.clear();

        assertThat(guarded.invoke(LIST | reps(1), BLOCK, 0, null)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(flushed).isEmpty();
    }

    // ---- continuation
    // -------------------------------------------------------------------------------------------------------

    /**
     * TLFS, "Hypercall Classes": of 25 reps 20 may be done, and the call goes on at 20. Here 256 flushes are done in one go:
     * two ranges at 130 processors.
     */
    @Test
    void longListIsLeftToBeContinued() {
        call(LIST | reps(5), CR3, ALL_PROCESSORS, 0, 0x1000, 0x2000, 0x3000, 0x4000, 0x5000);
        assertThat(flushed).hasSize(2 * VPS);
        flushed.clear();
        GivenRegisters registers = GivenRegisters.of(LIST | reps(5), BLOCK, 0);
        registers.set(HypercallRegisters.RAX, -1);

        assertThat(calls.call(registers, true)).isEqualTo(HvHypercalls.Answer.AGAIN);
        assertThat(registers.get(HypercallRegisters.RCX)).isEqualTo(LIST | reps(5) | from(2));
        assertThat(registers.get(HypercallRegisters.RAX)).as("not yet").isEqualTo(-1);
        assertThat(calls.call(registers, true)).isEqualTo(HvHypercalls.Answer.AGAIN);
        assertThat(calls.call(registers, true)).isEqualTo(HvHypercalls.Answer.DONE);
        assertThat(registers.get(HypercallRegisters.RAX)).isEqualTo(reps(5));
        assertThat(flushed).hasSize(5 * VPS);
    }

    @Test
    void callerOf32BitsFindsTheStartIndexInEdx() {
        call(LIST | reps(3), CR3, ALL_PROCESSORS, 0, 0x1000, 0x2000, 0x3000);
        GivenRegisters registers = new GivenRegisters();
        registers.set(HypercallRegisters.RAX, LIST);
        registers.set(HypercallRegisters.RDX, 3);
        registers.set(HypercallRegisters.RCX, BLOCK);

        assertThat(calls.call(registers, false)).isEqualTo(HvHypercalls.Answer.AGAIN);
        assertThat(registers.get(HypercallRegisters.RDX)).isEqualTo(2 << 16 | 3);
        assertThat(registers.get(HypercallRegisters.RAX)).isEqualTo(LIST);
        assertThat(calls.call(registers, false)).isEqualTo(HvHypercalls.Answer.DONE);
        assertThat(registers.get(HypercallRegisters.RDX)).isEqualTo(3);
    }

    /** A guest that puts banks into its set behind our back makes nobody read beyond the block. Class: XSA-475. */
    @Test
    void setThatChangesWhileItsListIsCarriedOutIsReadWithinItsHeader() {
        TlbFlushPort malicious = new TlbFlushPort() {
            @Override
            public void flushSpace(int vpIndex, long addressSpace, boolean keepGlobal) {}

            @Override
            public void flushPages(int vpIndex, long addressSpace, long gva, int pages) {
                vps.memory.putLong(vps.memory.size() - 32, -1);
                flushed.add(vpIndex + " " + Long.toHexString(gva));
            }
        };
        HvHypercalls fooled = new HvHypercalls(
                vps.set,
                vps.bus,
                vps.memory,
                new ConnectionTable(),
                malicious,
                PartitionPrivileges.UNRESTRICTED,
                HvHypercallListener.NONE);
        long[] block = {CR3, 0, 0, 1, 1, 0x1000, 0x2000};
        long atTheEndOfRam = vps.memory.size() - 8L * block.length;
        for (int i = 0; i < block.length; i++) {
            vps.memory.putLong(atTheEndOfRam + 8L * i, block[i]);
        }
        assertThat(fooled.invoke(LIST_EX | banks(1) | reps(2), atTheEndOfRam, 0, null))
                .isEqualTo(reps(2));
        assertThat(flushed).containsExactly("0 1000", "0 2000");
    }

    /** CVE-2025-38351: addresses that no processor has are ignored, and counted as done. */
    @Test
    void rangesBeyondTheAddressSpaceAreIgnored() {
        long result = call(LIST | reps(4), CR3, 0, 1, 0x8000_0000_0000_0000L, 1L << 62, 0x0100_0000_0000_0000L, 0x1000);

        assertThat(result).isEqualTo(reps(4));
        assertThat(flushed).containsExactly("0 pages 123000 1000+1");
    }

    @Test
    void kernelAddressesOfBothWidthsAreFlushed() {
        call(LIST | reps(2), CR3, 0, 1, 0xFFFF_8000_0000_0000L, 0xFF00_0000_0000_0000L);

        assertThat(flushed).containsExactly("0 pages 123000 ffff800000000000+1", "0 pages 123000 ff00000000000000+1");
    }

    @Test
    void listBehindASparseSet() {
        long result = call(LIST_EX | banks(2) | reps(2), CR3, 0, 0, 0b11, 1, 0b100, 0x1000, 0x2000);

        assertThat(result).isEqualTo(reps(2));
        assertThat(flushed)
                .containsExactly(
                        "0 pages 123000 1000+1",
                        "66 pages 123000 1000+1",
                        "0 pages 123000 2000+1",
                        "66 pages 123000 2000+1");
    }

    @Test
    void listMustNotSpanPages() {
        assertThat(calls.invoke(LIST | reps(509), BLOCK, 0, null) & 0xFFFF).isZero();
        assertThat(calls.invoke(LIST | reps(510), BLOCK, 0, null)).isEqualTo(HV_STATUS_INVALID_ALIGNMENT);
        assertThat(calls.invoke(LIST | reps(4095), BLOCK, 0, null)).isEqualTo(HV_STATUS_INVALID_ALIGNMENT);
        assertThat(calls.invoke(LIST_EX | banks(1023) | reps(4095), BLOCK, 0, null))
                .isEqualTo(HV_STATUS_INVALID_ALIGNMENT);
    }

    // ---- XMM registers
    // ------------------------------------------------------------------------------------------------------

    private static XmmRegisters xmm(long... qwords) {
        return new XmmWords(qwords);
    }

    @Test
    void headerAndListMayStandInRegisters() {
        assertThat(calls.invoke(SPACE | FAST, CR3, 0, xmm(0b100, 0))).isZero();
        assertThat(calls.invoke(LIST | FAST | reps(2), CR3, 0, xmm(0b1, 0x1000, 0x2001, 0)))
                .isEqualTo(reps(2));
        assertThat(calls.invoke(LIST_EX | FAST | banks(1) | reps(1), CR3, 0, xmm(0, 1, 0b10, 0x3000)))
                .isEqualTo(reps(1));

        assertThat(flushed)
                .containsExactly(
                        "2 space 123000", "0 pages 123000 1000+1", "0 pages 123000 2000+2", "1 pages 123000 3000+1");
    }

    @Test
    void elevenRangesFitTheRegistersAndTwelveDoNot() {
        long[] rest = new long[12];
        rest[0] = 1;
        assertThat(calls.invoke(LIST | FAST | reps(11), CR3, 0, xmm(rest))).isEqualTo(reps(11));
        assertThat(calls.invoke(LIST | FAST | reps(12), CR3, 0, xmm(rest)))
                .isEqualTo(HV_STATUS_INVALID_HYPERCALL_INPUT);
        assertThat(calls.invoke(SPACE | FAST, CR3, 0, null)).isEqualTo(HvHypercalls.UNDEFINED_INSTRUCTION);
    }
}
