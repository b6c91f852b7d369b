// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_ACCESS_DENIED;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_ALIGNMENT;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_HYPERCALL_CODE;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_HYPERCALL_INPUT;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_PARAMETER;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.spec.hyperv.HvVpSet;
import dev.synapic.spec.hyperv.HypercallCode;
import dev.synapic.spec.hyperv.HypercallInput;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLFS, "Hypercall Interface", HvCallSendSyntheticClusterIpi(Ex), HV_VP_SET. */
class HvHypercallsTest {
    private static final int VPS = 200;
    private static final long IPI = HypercallCode.HvCallSendSyntheticClusterIpi;
    private static final long IPI_EX = HypercallCode.HvCallSendSyntheticClusterIpiEx;
    private static final long FAST = HypercallInput.FAST;
    private static final long BLOCK = 0x4000;
    private static final int VECTOR = 0xF3;

    /** Targets in the order in which they were served. */
    private final List<LocalApic> served = new ArrayList<>();

    private final Transit transit = (target, request) -> {
        served.add(target);
        target.arrive(request);
    };
    private final VirtualProcessors vps =
            new VirtualProcessors(VPS, new SynIcSet(VPS + 8), transit, SynIcListener.NONE);
    private final List<Integer> spins = new ArrayList<>();
    private final HvHypercallListener listener = new HvHypercallListener() {
        @Override
        public void spinsLong(int count) {
            spins.add(count);
        }
    };
    private final HvHypercalls calls = calls(PartitionPrivileges.UNRESTRICTED);

    private HvHypercalls calls(PartitionPrivileges privileges) {
        return new HvHypercalls(
                vps.set, vps.bus, vps.memory, new ConnectionTable(), TlbFlushPort.NONE, privileges, listener);
    }

    private int status(long control, long input, long output) {
        return (int) calls.invoke(control, input, output, null) & 0xFFFF;
    }

    private List<Integer> servedVps() {
        return served.stream()
                .map(apic -> vps.all.stream()
                        .filter(synIc -> synIc.apic() == apic)
                        .findFirst()
                        .orElseThrow()
                        .vpIndex())
                .toList();
    }

    /** Writes an Ex block; returns the control word whose variable header counts the banks. */
    private long exBlock(long vectorAndVtl, long format, long validBanks, long... banks) {
        vps.memory.putLong(BLOCK, vectorAndVtl);
        vps.memory.putLong(BLOCK + 8, format);
        vps.memory.putLong(BLOCK + 16, validBanks);
        for (int i = 0; i < banks.length; i++) {
            vps.memory.putLong(BLOCK + 24 + 8L * i, banks[i]);
        }
        return IPI_EX | (long) banks.length << HypercallInput.VARIABLE_HEADER_SHIFT;
    }

    // ---- framework

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 4, 0x7E, 0x94, 0x99, 0x9A, 0xC0, 0xC1, 0x8000, 0x8002, 0x8041, 0xFFFF})
    void codesThatAreNotThereAreInvalid(long code) {
        assertThat(status(code, 0, 0)).isEqualTo(HV_STATUS_INVALID_HYPERCALL_CODE);
        assertThat(status(code | FAST, 0, 0)).isEqualTo(HV_STATUS_INVALID_HYPERCALL_CODE);
    }

    @ParameterizedTest
    @ValueSource(ints = {27, 28, 29, 30, 31, 44, 45, 46, 47, 60, 61, 62, 63})
    void reservedAndNestedBitsOfTheControlWordAreInvalidInput(int bit) {
        assertThat(status(IPI | FAST | 1L << bit, VECTOR, 1)).isEqualTo(HV_STATUS_INVALID_HYPERCALL_INPUT);
        assertThat(served).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {17, 26, 32, 43, 48, 59})
    void simpleCallTakesNeitherRepsNorAVariableHeader(int bit) {
        assertThat(status(IPI | FAST | 1L << bit, VECTOR, 1)).isEqualTo(HV_STATUS_INVALID_HYPERCALL_INPUT);
    }

    @Test
    void resultHoldsStatusAndNoReps() {
        assertThat(calls.invoke(IPI | FAST, VECTOR, 1, null)).isZero();
        assertThat(calls.invoke(0x77, 0, 0, null)).isEqualTo(2);
    }

    @Test
    void longModeCallerUsesRcxRdxR8AndRax() {
        GivenRegisters registers = new GivenRegisters();
        registers.set(HypercallRegisters.RCX, IPI | FAST);
        registers.set(HypercallRegisters.RDX, VECTOR);
        registers.set(HypercallRegisters.R8, 0b101);
        registers.set(HypercallRegisters.RAX, -1);

        assertThat(calls.call(registers, true)).isEqualTo(HvHypercalls.Answer.DONE);

        assertThat(servedVps()).containsExactly(0, 2);
        assertThat(registers.get(HypercallRegisters.RAX)).isZero();
        assertThat(registers.get(HypercallRegisters.RDX)).as("kept").isEqualTo(VECTOR);
    }

    @Test
    void protectedModeCallerUsesRegisterPairs() {
        long garbage = 0xDEAD_BEEF_0000_0000L;
        GivenRegisters registers = new GivenRegisters();
        registers.set(HypercallRegisters.RDX, garbage);
        registers.set(HypercallRegisters.RAX, garbage | IPI | FAST);
        registers.set(HypercallRegisters.RBX, garbage);
        registers.set(HypercallRegisters.RCX, garbage | VECTOR);
        registers.set(HypercallRegisters.RDI, 1L << 31);
        registers.set(HypercallRegisters.RSI, garbage | 1);

        assertThat(calls.call(registers, false)).isEqualTo(HvHypercalls.Answer.DONE);

        assertThat(servedVps()).containsExactly(0, 63);
        assertThat(registers.get(HypercallRegisters.RAX)).isZero();
        assertThat(registers.get(HypercallRegisters.RDX)).isZero();
    }

    // ---- HvCallSendSyntheticClusterIpi

    @Test
    void targetsAreVpIndicesInAscendingOrder() {
        assertThat(status(IPI | FAST, VECTOR, 1L << 63 | 1L << 5 | 1)).isEqualTo(HV_STATUS_SUCCESS);

        assertThat(servedVps()).containsExactly(0, 5, 63);
        assertThat(vps.apic(5).pendingVector()).isEqualTo(VECTOR);
        assertThat(vps.apic(10).pendingVector())
                .as("VP 5 has APIC id 10, which is no VP index")
                .isEqualTo(-1);
    }

    @Test
    void slowCallReadsItsBlock() {
        vps.memory.putLong(BLOCK, VECTOR);
        vps.memory.putLong(BLOCK + 8, 0b110);

        assertThat(status(IPI, BLOCK, 0)).isEqualTo(HV_STATUS_SUCCESS);

        assertThat(servedVps()).containsExactly(1, 2);
    }

    @Test
    void targetsMayHaveNoActivatedSynic() {
        assertThat(vps.synIc(3).isActive()).isFalse();

        status(IPI | FAST, VECTOR, 1L << 3);

        assertThat(vps.apic(3).pendingVector()).isEqualTo(VECTOR);
    }

    @Test
    void disabledTargetsArePassedOver() {
        vps.apic(1).writeRegister(0xF0, 0xFF);

        assertThat(status(IPI | FAST, VECTOR, 0b111)).isEqualTo(HV_STATUS_SUCCESS);

        assertThat(servedVps()).containsExactly(0, 2);
    }

    @Test
    void interruptIsEdgeTriggered() {
        status(IPI | FAST, VECTOR, 1);
        boolean[] level = {true};
        vps.apic(0).onEoi((apic, vector, levelTriggered) -> level[0] = levelTriggered);
        vps.take(0);
        vps.apic(0).eoi();

        assertThat(level[0]).isFalse();
    }

    /** Xen and OpenVMM answer 5, KVM answers 3; a value outside its range is a parameter's fault. */
    @ParameterizedTest
    @ValueSource(longs = {0, 0xF, 0x100, 0x7FFF_FFFFL, 0x8000_0010L, 0xFFFF_FFFFL})
    void vectorOutsideItsRangeIsAnInvalidParameter(long vector) {
        assertThat(status(IPI | FAST, vector, 1)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(status(exBlock(vector, 0, 1, 1), BLOCK, 0)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(served).isEmpty();
    }

    @Test
    void firstAndLastVectorAreValid() {
        assertThat(status(IPI | FAST, 0x10, 1)).isEqualTo(HV_STATUS_SUCCESS);
        assertThat(status(IPI | FAST, 0xFF, 1)).isEqualTo(HV_STATUS_SUCCESS);
    }

    @Test
    void vectorIsCheckedEvenWhenNobodyIsAddressed() {
        assertThat(status(IPI | FAST, 5, 0)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(status(exBlock(5, 0, 0), BLOCK, 0)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(status(IPI | FAST, VECTOR, 0)).isEqualTo(HV_STATUS_SUCCESS);
    }

    /** HV_INPUT_VTL: VTL 0 named or not; everything else in the upper half is an error. */
    @Test
    void onlyVtl0IsThere() {
        assertThat(status(IPI | FAST, VECTOR | 0x10L << 32, 1)).isEqualTo(HV_STATUS_SUCCESS);
        for (int bit = 32; bit < 64; bit++) {
            if (bit != 36) {
                assertThat(status(IPI | FAST, VECTOR | 1L << bit, 1)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {BLOCK + 1, BLOCK + 4, BLOCK + 0xFF8, 1 << 20, 0x7FFF_FFFF_FFFF_FFF8L, -8, Long.MIN_VALUE})
    void blockThatIsMisalignedOrSpansPagesOrIsNoRamIsMisaligned(long gpa) {
        assertThat(status(IPI, gpa, 0)).isEqualTo(HV_STATUS_INVALID_ALIGNMENT);
        assertThat(status(IPI_EX, gpa, 0)).isEqualTo(HV_STATUS_INVALID_ALIGNMENT);
    }

    @Test
    void blockMayEndWithItsPage() {
        vps.memory.putLong(BLOCK + 0xFF0, VECTOR);
        vps.memory.putLong(BLOCK + 0xFF8, 1);

        assertThat(status(IPI, BLOCK + 0xFF0, 0)).isEqualTo(HV_STATUS_SUCCESS);
    }

    // ---- HvCallSendSyntheticClusterIpiEx

    @Test
    void sparseSetReachesItsMembersOnly() {
        long control = exBlock(VECTOR, HvVpSet.FORMAT_SPARSE_4K, 0b1011, 1, 1L << 63, 0b110);

        assertThat(status(control, BLOCK, 0)).isEqualTo(HV_STATUS_SUCCESS);

        assertThat(servedVps()).containsExactly(0, 127, 193, 194);
    }

    @Test
    void completeSetReachesEverybody() {
        assertThat(status(exBlock(VECTOR, HvVpSet.FORMAT_ALL, 0), BLOCK, 0)).isEqualTo(HV_STATUS_SUCCESS);

        assertThat(servedVps()).hasSize(VPS).isSorted();
    }

    @Test
    void unknownFormatIsAnInvalidParameter() {
        assertThat(status(exBlock(VECTOR, 2, 1, 1), BLOCK, 0)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(status(exBlock(VECTOR, -1, 1, 1), BLOCK, 0)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
    }

    @Test
    void variableHeaderMustHoldOneBankPerMaskBit() {
        long control = exBlock(VECTOR, 0, 0b11, 1, 1);
        long oneQword = 1L << HypercallInput.VARIABLE_HEADER_SHIFT;

        assertThat(status(control - oneQword, BLOCK, 0)).isEqualTo(HV_STATUS_INVALID_HYPERCALL_INPUT);
        assertThat(status(control + oneQword, BLOCK, 0)).isEqualTo(HV_STATUS_INVALID_HYPERCALL_INPUT);
        assertThat(status(exBlock(VECTOR, HvVpSet.FORMAT_ALL, 1), BLOCK, 0))
                .as("also where all are meant")
                .isEqualTo(HV_STATUS_INVALID_HYPERCALL_INPUT);
        assertThat(served).isEmpty();
    }

    /** XSA-475, CVE-2025-58147, CVE-2025-58148: 64 banks all ones name VPs that no machine has. CVE-2026-64247: the highest index is 4095. */
    @Test
    void allOnesReachEverybodyAndNothingBeyond() {
        long[] banks = new long[64];
        java.util.Arrays.fill(banks, -1);

        assertThat(status(exBlock(VECTOR, 0, -1, banks), BLOCK, 0)).isEqualTo(HV_STATUS_SUCCESS);

        assertThat(servedVps()).hasSize(VPS);
    }

    @Test
    void largestVariableHeaderIsBoundedByThePage() {
        long control = IPI_EX | (long) HypercallInput.VARIABLE_HEADER_MASK << HypercallInput.VARIABLE_HEADER_SHIFT;

        assertThat(status(control, BLOCK, 0)).isEqualTo(HV_STATUS_INVALID_ALIGNMENT);
    }

    // ---- XMM input
    // ----------------------------------------------------------------------------------------------------------

    /** The rest of a block behind its first two qwords, as a caller's XMM registers hold it. */
    private static XmmRegisters xmm(long... qwords) {
        return new XmmWords(qwords);
    }

    private static long banks(long count) {
        return count << HypercallInput.VARIABLE_HEADER_SHIFT;
    }

    @Test
    void exCallTakesItsSetFromXmmRegisters() {
        long result = calls.invoke(IPI_EX | FAST | banks(3), VECTOR, 0, xmm(0b1011, 1, 1L << 63, 0b110));

        assertThat(result).isZero();
        assertThat(servedVps()).containsExactly(0, 127, 193, 194);
    }

    /** TLFS: to use them while they are not offered is #UD; where there are none, nothing can be offered. */
    @Test
    void xmmInputThatIsNotThereIsAnUndefinedInstruction() {
        assertThat(calls.invoke(IPI_EX | FAST | banks(1), VECTOR, 0, null))
                .isEqualTo(HvHypercalls.UNDEFINED_INSTRUCTION);
        PartitionPrivileges withoutXmm = new PartitionPrivileges(-1, -1, ~(1 << 4), -1, 0, true);
        assertThat(calls(withoutXmm).invoke(IPI_EX | FAST | banks(1), VECTOR, 0, xmm(1, 1)))
                .isEqualTo(HvHypercalls.UNDEFINED_INSTRUCTION);
        assertThat(served).isEmpty();
    }

    @Test
    void undefinedInstructionLeavesTheRegistersAlone() {
        GivenRegisters registers = new GivenRegisters();
        registers.set(HypercallRegisters.RCX, IPI_EX | FAST | banks(1));
        registers.set(HypercallRegisters.RAX, 0x1234);

        assertThat(calls.call(registers, true)).isEqualTo(HvHypercalls.Answer.UNDEFINED);
        registers.set(HypercallRegisters.RAX, IPI_EX | FAST | banks(1));
        assertThat(calls.call(registers, false)).isEqualTo(HvHypercalls.Answer.UNDEFINED);

        assertThat(registers.get(HypercallRegisters.RAX)).isEqualTo(IPI_EX | FAST | banks(1));
    }

    @Test
    void callerOfEitherWidthBringsItsXmmRegisters() {
        GivenRegisters registers = new GivenRegisters();
        registers.xmm = xmm(1, 0b100);
        registers.set(HypercallRegisters.RAX, IPI_EX | FAST | banks(1));
        registers.set(HypercallRegisters.RCX, VECTOR);

        assertThat(calls.call(registers, false)).isEqualTo(HvHypercalls.Answer.DONE);

        assertThat(servedVps()).containsExactly(2);
        assertThat(registers.get(HypercallRegisters.RAX)).isZero();
    }

    /** 112 bytes: two registers and six XMM registers; 24 of them are the header. */
    @Test
    void inputBeyondTheRegistersIsInvalid() {
        long[] rest = new long[12];
        rest[0] = 0x7FF;
        java.util.Arrays.fill(rest, 1, 12, 1);
        assertThat(calls.invoke(IPI_EX | FAST | banks(11), VECTOR, 0, xmm(rest)))
                .isZero();
        assertThat(servedVps()).containsExactly(0, 64, 128, 192);

        rest[0] = 0xFFF;
        assertThat(calls.invoke(IPI_EX | FAST | banks(12), VECTOR, 0, xmm(rest)))
                .isEqualTo(HV_STATUS_INVALID_HYPERCALL_INPUT);
    }

    @Test
    void callThatFitsTwoRegistersNeedsNoOthers() {
        assertThat(calls.invoke(IPI | FAST, VECTOR, 0b10, xmm())).isZero();

        assertThat(servedVps()).containsExactly(1);
    }

    // ---- small calls
    // --------------------------------------------------------------------------------------------------------

    @Test
    void longSpinWaitIsHeardAndAlwaysWelcome() {
        long code = HypercallCode.HvCallNotifyLongSpinWait;
        vps.memory.putLong(BLOCK, 0xFFFF_FFFF_0000_1000L);

        assertThat(status(code | FAST, 4095, 0)).isEqualTo(HV_STATUS_SUCCESS);
        assertThat(status(code, BLOCK, 0)).isEqualTo(HV_STATUS_SUCCESS);

        assertThat(spins).containsExactly(4095, 4096);
        assertThat(status(code, BLOCK + 4, 0)).isEqualTo(HV_STATUS_INVALID_ALIGNMENT);
    }

    @Test
    void noExtendedCallIsThere() {
        long code = HypercallCode.HvExtCallQueryCapabilities;
        vps.memory.putLong(BLOCK, -1);

        assertThat(status(code, -1, BLOCK))
                .as("there is no input to be misaligned")
                .isEqualTo(HV_STATUS_SUCCESS);

        assertThat(vps.memory.getLong(BLOCK)).isZero();
        assertThat(status(code, 0, BLOCK + 4)).isEqualTo(HV_STATUS_INVALID_ALIGNMENT);
        assertThat(status(code, 0, 1 << 20)).isEqualTo(HV_STATUS_INVALID_ALIGNMENT);
    }

    // ---- privileges
    // ---------------------------------------------------------------------------------------------------------

    /** Call, word of the CPUID leaves (B: EBX of 3, R: EAX of 4) and the bits that allow it. */
    @ParameterizedTest
    @CsvSource({
        "0x5C, B, 0x10",
        "0x5D, B, 0x20",
        "0x8001, B, 0x100000",
        "0x02, R, 0x4",
        "0x03, R, 0x4",
        "0x13, R, 0x804",
        "0x14, R, 0x804",
        "0x0B, R, 0x400",
        "0x15, R, 0xC00",
    })
    void callsAreGuardedByTheirPrivilege(String code, String word, String bits) {
        int mask = Integer.decode(bits);
        boolean calls = word.equals("B");
        PartitionPrivileges without = new PartitionPrivileges(-1, calls ? ~mask : -1, -1, calls ? -1 : ~mask, 0, true);
        PartitionPrivileges alone = new PartitionPrivileges(0, calls ? mask : 0, 0, calls ? 0 : mask, -1, true);

        assertThat(calls(without).invoke(Integer.decode(code), 0, 0, null)).isEqualTo(HV_STATUS_ACCESS_DENIED);
        assertThat(calls(alone).invoke(Integer.decode(code), 0, 0, null)).isNotEqualTo(HV_STATUS_ACCESS_DENIED);
        assertThat(calls(PartitionPrivileges.UNRESTRICTED).invoke(Integer.decode(code), 0, 0, null))
                .isNotEqualTo(HV_STATUS_ACCESS_DENIED);
    }

    @Test
    void whoShallNeverTellOfSpinningMayNot() {
        PartitionPrivileges never = new PartitionPrivileges(-1, -1, -1, -1, -1, true);

        assertThat(calls(never).invoke(HypercallCode.HvCallNotifyLongSpinWait | FAST, 1, 0, null))
                .isEqualTo(HV_STATUS_ACCESS_DENIED);
        assertThat(calls(never).invoke(0x77, 0, 0, null))
                .as("what does not exist needs no privilege")
                .isEqualTo(HV_STATUS_INVALID_HYPERCALL_CODE);
    }

    private static long sparse(Random random) {
        long dense = random.nextLong();
        return dense & random.nextLong();
    }

    @Test
    void randomSparseSetsMatchAPlainLoop() {
        long seed = Long.getLong("synapic.seed", 1L);
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            long valid = sparse(random) & (round % 3 == 0 ? 0xF : -1L);
            long[] banks = new long[Long.bitCount(valid)];
            for (int i = 0; i < banks.length; i++) {
                banks[i] = sparse(random);
            }
            served.clear();

            assertThat(status(exBlock(VECTOR, 0, valid, banks), BLOCK, 0)).isEqualTo(HV_STATUS_SUCCESS);

            assertThat(servedVps()).as("seed %d, round %d", seed, round).containsExactlyElementsOf(plain(valid, banks));
        }
    }

    private static List<Integer> plain(long valid, long[] banks) {
        TreeSet<Integer> members = new TreeSet<>();
        int next = 0;
        for (int bank = 0; bank < 64; bank++) {
            boolean present = (valid >>> bank & 1) == 1;
            for (int i = 0; present && i < 64; i++) {
                if ((banks[next] >>> i & 1) == 1 && bank * 64 + i < VPS) {
                    members.add(bank * 64 + i);
                }
            }
            next += present ? 1 : 0;
        }
        return List.copyOf(members);
    }
}
