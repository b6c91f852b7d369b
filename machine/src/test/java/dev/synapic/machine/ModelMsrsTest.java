// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.synapic.spec.x86.GeneralProtectionFault;
import dev.synapic.spec.x86.Msr;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** SDM vol. 4, table 2-2; vol. 3A, 13.11 (memory types); vol. 3B, 17.3 (machine checks). */
class ModelMsrsTest {
    private static final int STATUS = 1, ADDRESS = 2;

    private final ModelMsrs max = msrs("max");

    private static ModelMsrs msrs(String cpu) {
        return new ModelMsrs(CpuModel.parse(cpu, "none"), false);
    }

    private static void assertRefused(ThrowingCallable access) {
        assertThatExceptionOfType(GeneralProtectionFault.class).isThrownBy(access);
    }

    @Test
    void miscEnableKeepsWhatSoftwareMayChangeAndTellsWhatIsUnavailable() {
        assertThat(max.read(Msr.IA32_MISC_ENABLE)).isEqualTo(0x1801);
        max.write(Msr.IA32_MISC_ENABLE, 0x4_00C5_1809L);
        assertThat(max.read(Msr.IA32_MISC_ENABLE)).isEqualTo(0x4_00C5_1809L);
        max.write(Msr.IA32_MISC_ENABLE, 0);
        assertThat(max.read(Msr.IA32_MISC_ENABLE)).as("read-only bits").isEqualTo(0x1800);
        assertRefused(() -> max.write(Msr.IA32_MISC_ENABLE, 2));
    }

    @Test
    void aMachineCheckControlTakesZerosOrOnesAndAStatusZerosOnly() {
        int bank9 = Msr.IA32_MC0_CTL + 4 * 9;
        max.write(bank9, -1);
        assertThat(max.read(bank9)).isEqualTo(-1);
        max.write(bank9, 0);
        assertRefused(() -> max.write(bank9, 0xAAAA_AAAA_AAAA_AAAAL));
        max.write(bank9 + STATUS, 0);
        assertRefused(() -> max.write(bank9 + STATUS, 1));
        max.write(bank9 + ADDRESS, 0xAAAA_AAAA_AAAA_AAAAL);
        assertThat(max.read(bank9 + ADDRESS)).isEqualTo(0xAAAA_AAAA_AAAA_AAAAL);
    }

    @Test
    void thereAreAsManyBanksAsTheCapabilitiesSay() {
        int banks = (int) max.read(Msr.IA32_MCG_CAP) & 0xFF;
        assertThat(max.read(Msr.IA32_MC0_CTL + 4 * banks - 1)).isZero();
        assertRefused(() -> max.read(Msr.IA32_MC0_CTL + 4 * banks));
    }

    @Test
    void memoryTypesThatAreReservedAreRefused() {
        max.write(Msr.IA32_MTRR_DEF_TYPE, 0xC06);
        assertThat(max.read(Msr.IA32_MTRR_DEF_TYPE)).isEqualTo(0xC06);
        assertRefused(() -> max.write(Msr.IA32_MTRR_DEF_TYPE, 2));
        assertRefused(() -> max.write(Msr.IA32_MTRR_FIX64K_00000, 0x0303));
        assertRefused(() -> max.write(Msr.IA32_MTRR_PHYSBASE0, 7));
        assertRefused(() -> max.write(Msr.IA32_MTRR_PHYSBASE0 + 1, 1L << 60));
        max.write(Msr.IA32_MTRR_PHYSBASE0 + 15, 0x8000_0800L);
        assertThat(max.read(Msr.IA32_MTRR_PHYSBASE0 + 15)).isEqualTo(0x8000_0800L);
        assertThat(max.read(Msr.IA32_MTRRCAP) & 0xFF).isEqualTo(8);
        assertRefused(() -> max.write(Msr.IA32_MTRRCAP, 0));
    }

    @Test
    void speculationControlTakesTheBitsThatCpuidOffers() {
        max.write(Msr.IA32_SPEC_CTRL, 7);
        assertThat(max.read(Msr.IA32_SPEC_CTRL)).isEqualTo(7);
        assertRefused(() -> max.write(Msr.IA32_SPEC_CTRL, 8));
        ModelMsrs withoutSsbd = msrs("max,-ssbd");
        assertRefused(() -> withoutSsbd.write(Msr.IA32_SPEC_CTRL, 4));
        ModelMsrs old = msrs("qemu64");
        assertRefused(() -> old.read(Msr.IA32_SPEC_CTRL));
        assertRefused(() -> old.write(Msr.IA32_PRED_CMD, 1));
        assertRefused(() -> old.read(Msr.IA32_ARCH_CAPABILITIES));
    }

    @Test
    void commandsCannotBeRead() {
        max.write(Msr.IA32_PRED_CMD, 1);
        max.write(Msr.IA32_FLUSH_CMD, 1);
        assertRefused(() -> max.read(Msr.IA32_PRED_CMD));
        assertRefused(() -> max.read(Msr.IA32_FLUSH_CMD));
    }

    @Test
    void amdsRegistersAreThereOnAmdOnly() {
        ModelMsrs amd = new ModelMsrs(CpuModel.parse("Opteron_G1", "none"), true);
        amd.write(Msr.AMD_PERF_EVTSEL0 + 7, 5);
        assertThat(amd.read(Msr.AMD_PERF_EVTSEL0 + 7)).isEqualTo(5);
        amd.write(Msr.AMD_HWCR, 1 << 18);
        assertThat(amd.read(Msr.AMD_HWCR)).isEqualTo(1 << 18);
        assertRefused(() -> max.read(Msr.AMD_HWCR));
        assertRefused(() -> max.read(Msr.AMD_PERF_EVTSEL0));
    }
}
