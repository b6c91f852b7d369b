// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Numbers and layouts of the TLFS. */
class HypervVocabularyTest {
    @Test
    void sintFieldsAreWhereTheManualPutsThem() {
        HvSint sint = new HvSint(0x0016_0051);

        assertThat(sint.vector()).isEqualTo(0x51);
        assertThat(sint.autoEoi()).isTrue();
        assertThat(sint.polling()).isTrue();
        assertThat(sint.masked()).isFalse();
        assertThat(sint.proxy()).isTrue();
        assertThat(new HvSint(HvSint.RESET).masked()).isTrue();
        assertThat(new HvSint(HvSint.RESET).live()).isFalse();
        assertThat(new HvSint(15).live()).isFalse();
        assertThat(new HvSint(16).live()).isTrue();
        assertThat(sint).hasToString("SINT[vector=0x51 auto-EOI polling]");
    }

    @Test
    void pageRegistersSplitIntoEnableAndPage() {
        assertThat(new HvSimp(0x8FFF).pageGpa()).isEqualTo(0x8000);
        assertThat(new HvSimp(0x8FFF).enabled()).isTrue();
        assertThat(new HvSiefp(0x8FFE).enabled()).isFalse();
        assertThat(new HvSiefp(-1).pageGpa()).isNegative();
    }

    @Test
    void controlWordFieldsAreWhereTheManualPutsThem() {
        HypercallInput input = new HypercallInput(0x0FFF_0FFF_07FF_FFFFL);

        assertThat(input.code()).isEqualTo(0xFFFF);
        assertThat(input.fast()).isTrue();
        assertThat(input.variableHeaderQwords()).isEqualTo(0x3FF);
        assertThat(input.nested()).isFalse();
        assertThat(input.repCount()).isEqualTo(0xFFF);
        assertThat(input.repStart()).isEqualTo(0xFFF);
        assertThat(input.reservedBitsSet()).isFalse();
        assertThat(new HypercallInput(~input.bits() & ~HypercallInput.NESTED).bits())
                .isEqualTo(HypercallInput.RESERVED);
        assertThat(HypercallInput.result(0x12, 3)).isEqualTo(0x3_0000_0012L);
    }

    @Test
    void slotsAndFlagsAreWhereTheManualPutsThem() {
        assertThat(HvMessage.slotGpa(0x1000, 15)).isEqualTo(0x1F00);
        assertThat(HvEventFlags.wordGpa(0x1000, 15, 2047)).isEqualTo(0x1FFC);
        assertThat(HvEventFlags.bit(2047)).isEqualTo(1 << 31);
    }

    /** CVE-2026-64247: a bank beyond 63 is not in any set, however its number is masked by a shift. */
    @Test
    void banksArePackedAndBounded() {
        assertThat(HvVpSet.position(0b1011, 0)).isZero();
        assertThat(HvVpSet.position(0b1011, 2)).isEqualTo(-1);
        assertThat(HvVpSet.position(0b1011, 3)).isEqualTo(2);
        assertThat(HvVpSet.position(-1, 63)).isEqualTo(63);
        assertThat(HvVpSet.position(-1, 64)).isEqualTo(-1);
        assertThat(HvVpSet.position(-1, -1)).isEqualTo(-1);
        assertThat(HvVpSet.position(-1, Integer.MAX_VALUE)).isEqualTo(-1);
    }

    @Test
    void registersHaveTheirNames() {
        assertThat(HvMsr.name(0x4000_0080)).isEqualTo("HV_X64_MSR_SCONTROL");
        assertThat(HvMsr.name(0x4000_009F)).isEqualTo("HV_X64_MSR_SINT15");
        assertThat(HvMsr.name(0x4000_00B5)).isEqualTo("HV_X64_MSR_STIMER2_COUNT");
        assertThat(HvMsr.name(0x4000_0102)).isEqualTo("HV_X64_MSR_CRASH_P2");
        assertThat(HvMsr.name(0x4000_0999)).isEqualTo("0x40000999");
        assertThat(HvStatus.name(5)).isEqualTo("HV_STATUS_INVALID_PARAMETER");
        assertThat(HvStatus.name(0x55)).isEqualTo("0x55");
        assertThat(HypercallCode.name(0x15)).isEqualTo("HvCallSendSyntheticClusterIpiEx");
        assertThat(HvMessage.typeName(0x8000_0010)).isEqualTo("HvMessageTimerExpired");
    }

    @Test
    void sirbpAndTimersAreNoSynicRegisters() {
        assertThat(HvMsr.isSynIc(HvMsr.HV_X64_MSR_EOM)).isTrue();
        assertThat(HvMsr.isSynIc(HvMsr.HV_X64_MSR_SINT15)).isTrue();
        assertThat(HvMsr.isSynIc(HvMsr.HV_X64_MSR_SIRBP)).isFalse();
        assertThat(HvMsr.isSynIc(HvMsr.HV_X64_MSR_STIMER0_CONFIG)).isFalse();
        assertThat(HvMsr.isSynthetic(0x4000_0000)).isTrue();
        assertThat(HvMsr.isSynthetic(0x3FFF_FFFF)).isFalse();
    }

    @Test
    void identificationSpellsItself() {
        assertThat(text(HvCpuid.VENDOR_MICROSOFT_EBX, HvCpuid.VENDOR_MICROSOFT_ECX, HvCpuid.VENDOR_MICROSOFT_EDX))
                .isEqualTo("Microsoft Hv");
        assertThat(text(HvCpuid.INTERFACE_HV1)).isEqualTo("Hv#1");
    }

    private static String text(int... words) {
        byte[] bytes = new byte[4 * words.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (words[i / 4] >>> 8 * (i % 4));
        }
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    @Test
    void timerConfigurationFieldsAreWhereTheManualPutsThem() {
        HvStimerConfig config = new HvStimerConfig(0x2_1F39);

        assertThat(config.enabled()).isTrue();
        assertThat(config.periodic()).isFalse();
        assertThat(config.lazy()).isFalse();
        assertThat(config.autoEnable()).isTrue();
        assertThat(config.vector()).isEqualTo(0xF3);
        assertThat(config.direct()).isTrue();
        assertThat(config.sint()).isEqualTo(2);
        HvStimerConfig other = new HvStimerConfig(~config.bits());
        assertThat(other.enabled()).isFalse();
        assertThat(other.periodic()).isTrue();
        assertThat(other.lazy()).isTrue();
        assertThat(other.autoEnable()).isFalse();
        assertThat(other.vector()).isEqualTo(0x0C);
        assertThat(other.direct()).isFalse();
        assertThat(other.sint()).isEqualTo(13);
    }

    @Test
    void connectionIdsHave24Bits() {
        assertThat(HvConnectionId.valid(0xFF_FFFF)).isTrue();
        assertThat(HvConnectionId.valid(0x100_0000)).isFalse();
        assertThat(HvConnectionId.valid(-1)).isFalse();
    }

    @Test
    void registerGroupsAreRanges() {
        assertThat(HvMsr.isSyntheticTimer(0x4000_00AF)).isFalse();
        assertThat(HvMsr.isSyntheticTimer(0x4000_00B0)).isTrue();
        assertThat(HvMsr.isSyntheticTimer(0x4000_00B7)).isTrue();
        assertThat(HvMsr.isSyntheticTimer(0x4000_00B8)).isFalse();
        assertThat(HvMsr.isCrashParameter(0x4000_00FF)).isFalse();
        assertThat(HvMsr.isCrashParameter(0x4000_0100)).isTrue();
        assertThat(HvMsr.isCrashParameter(0x4000_0104)).isTrue();
        assertThat(HvMsr.isCrashParameter(0x4000_0105)).isFalse();
        assertThat(HypercallCode.name(0x8001)).isEqualTo("HvExtCallQueryCapabilities");
    }
}
