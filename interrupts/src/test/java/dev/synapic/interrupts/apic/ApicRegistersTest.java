// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.synapic.spec.x86.ApicError;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.GeneralProtectionFault;
import dev.synapic.spec.x86.Lvt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which register can be accessed how (SDM vol. 3A, tables 12-1 and 12-6). */
class ApicRegistersTest {
    private final LocalApic xapic = ApicRig.xapic(1).apics[0];
    private final LocalApic x2apic = ApicRig.x2apic(1).apics[0];

    private static boolean faults(Runnable access) {
        try {
            access.run();
            return false;
        } catch (GeneralProtectionFault fault) {
            return true;
        }
    }

    // ---- x2APIC mode ------------------------------------------------------------------------------------------------

    // Table 12-6: every MSR of 0x800-0x8FF that is not named there faults for reads.
    @Test
    void exactlyTheReadableRegistersOfTheTableAreReadable() {
        Set<Integer> readable = Set.of(
                0x802, 0x803, 0x808, 0x80A, 0x80D, 0x80F, 0x828, 0x830, 0x832, 0x833, 0x834, 0x835, 0x836, 0x837, 0x838,
                0x839, 0x83E);
        for (int msr = 0x800; msr <= 0x8FF; msr++) {
            int register = msr;
            boolean vectorWord = msr >= 0x810 && msr <= 0x827;
            assertThat(faults(() -> x2apic.readMsr(register)))
                    .as("RDMSR %#x", msr)
                    .isEqualTo(!vectorWord && !readable.contains(msr));
        }
    }

    // Table 12-6, writes of zero.
    @Test
    void exactlyTheWritableRegistersOfTheTableAreWritable() {
        Set<Integer> writable = Set.of(
                0x808, 0x80B, 0x80F, 0x828, 0x830, 0x832, 0x833, 0x834, 0x835, 0x836, 0x837, 0x838, 0x83E, 0x83F);
        for (int msr = 0x800; msr <= 0x8FF; msr++) {
            int register = msr;
            LocalApic fresh = ApicRig.x2apic(1).apics[0];
            assertThat(faults(() -> fresh.writeMsr(register, 0)))
                    .as("WRMSR %#x", msr)
                    .isEqualTo(!writable.contains(msr));
        }
    }

    @Test
    void numbersBesideTheRangeFault() {
        assertThat(faults(() -> x2apic.readMsr(0x7FF))).isTrue();
        assertThat(faults(() -> x2apic.readMsr(0x900))).isTrue();
        assertThat(faults(() -> x2apic.writeMsr(0xC000_0808, 0))).isTrue();
    }

    // 12.12.1.2 and 12.12.1.3: the bits that may be set; each other bit of the 64 faults. RO bits may be written back.
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "808, 00000000000000FF",
        "80B, 0000000000000000",
        "80F, 00000000000001FF",
        "828, 0000000000000000",
        "830, FFFFFFFF000CDFFF",
        "832, 00000000000710FF",
        "833, 00000000000117FF",
        "834, 00000000000117FF",
        "835, 000000000001F7FF",
        "836, 000000000001F7FF",
        "837, 00000000000110FF",
        "838, 00000000FFFFFFFF",
        "83E, 000000000000000B",
        "83F, 00000000000000FF",
    })
    void everyReservedBitOfARegisterFaults(String msrText, String definedText) {
        int msr = Integer.parseInt(msrText, 16);
        long defined = Long.parseUnsignedLong(definedText, 16);
        for (int bit = 0; bit < 64; bit++) {
            long value = 1L << bit;
            LocalApic fresh = ApicRig.x2apic(1).apics[0];
            assertThat(faults(() -> fresh.writeMsr(msr, value)))
                    .as("bit %d of %#x", bit, msr)
                    .isEqualTo((defined & value) == 0);
        }
    }

    // Compatibility switch: what KVM checks, and only that.
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "808, 00000000FFFFFFFF",
        "80B, 00000000FFFFFFFF",
        "80F, 00000000FFFFFFFF",
        "828, 0000000000000000",
        "830, FFFFFFFF000CDFFF",
        "832, 00000000FFFFFFFF",
        "83E, 00000000FFFFFFFF",
        "83F, 00000000000000FF",
    })
    void underTheKvmPolicyLowReservedBitsAreDropped(String msrText, String acceptedText) {
        int msr = Integer.parseInt(msrText, 16);
        long accepted = Long.parseUnsignedLong(acceptedText, 16);
        for (int bit = 0; bit < 64; bit++) {
            long value = 1L << bit;
            LocalApic lax = new ApicRig(ApicModel.DEFAULT.with(ReservedBits.KVM), 0).apics[0];
            ApicRig.toX2apic(lax);
            assertThat(faults(() -> lax.writeMsr(msr, value)))
                    .as("bit %d of %#x", bit, msr)
                    .isEqualTo((accepted & value) == 0);
        }
    }

    @Test
    void theKvmPolicyStoresOnlyDefinedBits() {
        LocalApic lax = new ApicRig(ApicModel.DEFAULT.with(ReservedBits.KVM), 0).apics[0];
        ApicRig.toX2apic(lax);
        lax.writeMsr(0x83E, 0xFFFF_FFFFL);
        lax.writeMsr(0x808, 0xFFFF_FFFFL);
        lax.writeMsr(0x80F, 0xFFFF_FFFFL);
        assertThat(lax.readMsr(0x83E)).isEqualTo(0xB);
        assertThat(lax.readMsr(0x808)).isEqualTo(0xFF);
        assertThat(lax.readMsr(0x80F)).isEqualTo(0x3FF);
    }

    @Test
    void withoutTscDeadlineBit18OfTheTimerEntryIsReserved() {
        ApicModel model = new ApicModel(true, false, false, 46, 1, ReservedBits.STRICT);
        LocalApic old = new ApicRig(model, 0).apics[0];
        assertThatExceptionOfType(GeneralProtectionFault.class).isThrownBy(old::tscDeadline);
        assertThatExceptionOfType(GeneralProtectionFault.class).isThrownBy(() -> old.setTscDeadline(1));
        old.writeRegister(ApicRegister.LVT_TIMER, 3 << 17 | 0x40);
        assertThat(old.lvt(ApicRegister.LVT_TIMER) & Lvt.TIMER_MODE).isEqualTo(1 << 17);
        ApicRig.toX2apic(old);
        assertThat(faults(() -> old.writeMsr(0x832, 1 << 18))).isTrue();
    }

    // Windows Server 2025 writes the CMCI entry: count of entries and register agree.
    @Test
    void theCmciEntryExistsWhereTheModelHasIt() {
        LocalApic with = new ApicRig(new ApicModel(true, true, true, 46, 1, ReservedBits.STRICT), 0).apics[0];
        ApicRig.enable(with);
        assertThat(with.readRegister(ApicRegister.VERSION)).isEqualTo(0x6_0014);
        with.writeRegister(ApicRegister.LVT_CMCI, 0xF2);
        assertThat(with.readRegister(ApicRegister.LVT_CMCI)).isEqualTo(0xF2);
        with.signal(ApicRegister.LVT_CMCI);
        assertThat(with.pendingVector()).isEqualTo(0xF2);
        ApicRig.toX2apic(with);
        assertThat(with.readMsr(0x82F)).isEqualTo(0xF2);
        assertThat(faults(() -> x2apic.writeMsr(0x82F, 0x1_0000))).isTrue();
    }

    @Test
    void theIcrIsOneRegisterOf64BitsInX2apicMode() {
        x2apic.writeMsr(0x830, 0x0000_0123_0000_4041L);
        assertThat(x2apic.readMsr(0x830)).isEqualTo(0x0000_0123_0000_4041L);
    }

    // KVM and hardware: bit 12 is dropped without a fault.
    @Test
    void theIcrForgetsItsBusyBit() {
        x2apic.writeMsr(0x830, 0x0000_0123_0000_5041L);
        assertThat(x2apic.readMsr(0x830)).isEqualTo(0x0000_0123_0000_4041L);
    }

    // ---- xAPIC mode -------------------------------------------------------------------------------------------------

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "020, FF000000", "080, 000000FF", "0D0, FF000000", "0F0, 000003FF", "310, FF000000", "320, 000700FF",
        "330, 000107FF", "340, 000107FF", "350, 0001A7FF", "360, 0001A7FF", "370, 000100FF", "3E0, 0000000B",
    })
    void xapicModeKeepsTheDefinedBitsAndDropsTheRest(String offsetText, String keptText) {
        int offset = Integer.parseInt(offsetText, 16);
        xapic.writeRegister(offset, -1);
        assertThat(xapic.readRegister(offset)).isEqualTo((int) Long.parseLong(keptText, 16));
    }

    @Test
    void theDfrHasOnesBelowItsModel() {
        xapic.writeRegister(ApicRegister.DESTINATION_FORMAT, 0);
        assertThat(xapic.readRegister(ApicRegister.DESTINATION_FORMAT)).isEqualTo(0x0FFF_FFFF);
    }

    @Test
    void readOnlyRegistersIgnoreWritesWithoutAnError() {
        for (int offset : new int[] {0x030, 0x0A0, 0x100, 0x180, 0x200, 0x270, 0x390, 0x090, 0x0C0}) {
            int before = xapic.readRegister(offset);
            xapic.writeRegister(offset, -1);
            assertThat(xapic.readRegister(offset)).as(ApicRegister.name(offset)).isEqualTo(before);
        }
        xapic.writeRegister(ApicRegister.ERROR_STATUS, 0);
        assertThat(xapic.errorStatus()).isZero();
    }

    @Test
    void writeOnlyAndAbandonedRegistersReadZeroWithoutAnError() {
        assertThat(xapic.readRegister(ApicRegister.EOI)).isZero();
        assertThat(xapic.readRegister(ApicRegister.ARBITRATION_PRIORITY)).isZero();
        assertThat(xapic.readRegister(ApicRegister.REMOTE_READ)).isZero();
        xapic.writeRegister(ApicRegister.ERROR_STATUS, 0);
        assertThat(xapic.errorStatus()).isZero();
    }

    // SDM vol. 3A, 12.5.3: illegal register address.
    @ParameterizedTest
    @CsvSource({"000", "010", "040", "290", "2E0", "2F0", "3A0", "3D0", "3F0", "400", "FF0", "324"})
    void aReservedOffsetSetsTheIllegalRegisterError(String offsetText) {
        int offset = Integer.parseInt(offsetText, 16);
        assertThat(xapic.readRegister(offset)).isZero();
        xapic.writeRegister(ApicRegister.ERROR_STATUS, 0);
        assertThat(xapic.errorStatus()).isEqualTo(ApicError.ILLEGAL_REGISTER);
        xapic.writeRegister(ApicRegister.ERROR_STATUS, 0);
        xapic.writeRegister(offset, 0);
        xapic.writeRegister(ApicRegister.ERROR_STATUS, 0);
        assertThat(xapic.errorStatus()).isEqualTo(ApicError.ILLEGAL_REGISTER);
    }

    // SDM vol. 3A, 12.4.1: 32-bit accesses on multiples of 16; the shape of others is KVM's.
    @Test
    void readsOfPartsOfARegisterGiveThatPartAndZeroBeside() {
        assertThat(xapic.readMmio(ApicRegister.VERSION, 4)).isEqualTo(0x5_0014L);
        assertThat(xapic.readMmio(ApicRegister.VERSION, 1)).isEqualTo(0x14);
        assertThat(xapic.readMmio(ApicRegister.VERSION + 2, 1)).isEqualTo(0x05);
        assertThat(xapic.readMmio(ApicRegister.VERSION + 2, 2)).isEqualTo(0x05);
        assertThat(xapic.readMmio(ApicRegister.DESTINATION_FORMAT, 8)).isEqualTo(0xFFFF_FFFFL);
        assertThat(xapic.readMmio(ApicRegister.DESTINATION_FORMAT + 4, 4)).isZero();
        assertThat(x2apic.readMmio(ApicRegister.VERSION, 2)).isEqualTo(0xFFFF);
        assertThat(x2apic.readMmio(ApicRegister.VERSION, 8)).isEqualTo(-1L);
    }

    @Test
    void onlyAlignedWritesOfFourBytesCount() {
        xapic.writeMmio(ApicRegister.TASK_PRIORITY, 4, 0xFFFF_FFFF_0000_0051L);
        assertThat(xapic.taskPriority()).isEqualTo(0x51);
        xapic.writeMmio(ApicRegister.TASK_PRIORITY, 1, 0x20);
        xapic.writeMmio(ApicRegister.TASK_PRIORITY, 8, 0x20);
        xapic.writeMmio(ApicRegister.TASK_PRIORITY + 1, 4, 0x20);
        xapic.writeMmio(ApicRegister.TASK_PRIORITY + 4, 4, 0x20);
        assertThat(xapic.taskPriority()).isEqualTo(0x51);
        xapic.writeRegister(ApicRegister.ERROR_STATUS, 0);
        assertThat(xapic.errorStatus()).isZero();
    }

    @Test
    void noOffsetAndNoValueMakesTheApicThrowInXapicMode() {
        LocalApic apic = ApicRig.xapic(2).apics[1];
        for (int offset = 0; offset <= 0xFFF; offset++) {
            int each = offset;
            assertThatCode(() -> {
                        apic.writeRegister(each, -1);
                        apic.readRegister(each);
                        apic.writeRegister(each, 0);
                    })
                    .doesNotThrowAnyException();
        }
    }

    // ---- LVT --------------------------------------------------------------------------------------------------------

    // SDM vol. 3A, 12.4.7.2: clearing the enable bit masks; setting it does not unmask.
    @Test
    void softwareDisableMasksEveryEntryAndEnableUnmasksNone() {
        for (int lvt = ApicRegister.LVT_TIMER; lvt <= ApicRegister.LVT_ERROR; lvt += 0x10) {
            xapic.writeRegister(lvt, 0x40);
        }
        ApicRig.softwareDisable(xapic);
        ApicRig.enable(xapic);
        for (int lvt = ApicRegister.LVT_TIMER; lvt <= ApicRegister.LVT_ERROR; lvt += 0x10) {
            assertThat(xapic.readRegister(lvt)).as(ApicRegister.name(lvt)).isEqualTo(Lvt.MASKED | 0x40);
        }
    }

    @Test
    void anEntryWrittenWhileSoftwareDisabledStaysMasked() {
        ApicRig.softwareDisable(xapic);
        xapic.writeRegister(ApicRegister.LVT_LINT0, 0x700);
        assertThat(xapic.readRegister(ApicRegister.LVT_LINT0)).isEqualTo(Lvt.MASKED | 0x700);
    }

    @Test
    void aLocalSourceFiresItsEntryUnlessItIsMasked() {
        xapic.writeRegister(ApicRegister.LVT_THERMAL, 0xFA);
        xapic.signal(ApicRegister.LVT_THERMAL);
        assertThat(xapic.pendingVector()).isEqualTo(0xFA);
        xapic.writeRegister(ApicRegister.LVT_LINT1, Lvt.MASKED | 0x400);
        xapic.signal(ApicRegister.LVT_LINT1);
        assertThat(xapic.pendingNmis()).isZero();
        xapic.writeRegister(ApicRegister.LVT_LINT1, 0x400);
        xapic.signal(ApicRegister.LVT_LINT1);
        assertThat(xapic.pendingNmis()).isEqualTo(1);
    }

    // SDM vol. 3A, 12.5.1: "the processor sets the mask flag" (Intel).
    @Test
    void thePerformanceEntryMasksItself() {
        xapic.writeRegister(ApicRegister.LVT_PERFORMANCE, 0x400);
        xapic.signal(ApicRegister.LVT_PERFORMANCE);
        xapic.signal(ApicRegister.LVT_PERFORMANCE);
        assertThat(xapic.pendingNmis()).isEqualTo(1);
        assertThat(xapic.lvt(ApicRegister.LVT_PERFORMANCE)).isEqualTo(Lvt.MASKED | 0x400);
    }

    @Test
    void modesThatAnEntryCannotHaveDoNothing() {
        for (int mode : new int[] {3, 6, 7}) {
            xapic.writeRegister(ApicRegister.LVT_LINT0, mode << 8 | 0x40);
            xapic.signal(ApicRegister.LVT_LINT0);
        }
        assertThat(xapic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(xapic.hasEvents()).isFalse();
    }

    // SDM vol. 3A, 12.5.1 (ExtINT) and KVM: an APIC that is off does not stand in the 8259's way.
    @Test
    void lint0PassesThe8259OnWhenUnmaskedAndExtInt() {
        assertThat(xapic.acceptsExtInt()).isFalse();
        xapic.writeRegister(ApicRegister.LVT_LINT0, 0x700);
        assertThat(xapic.acceptsExtInt()).isTrue();
        xapic.writeRegister(ApicRegister.LVT_LINT0, Lvt.MASKED | 0x700);
        assertThat(xapic.acceptsExtInt()).isFalse();
        ApicRig.disable(xapic);
        assertThat(xapic.acceptsExtInt()).isTrue();
    }
}
