// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.iommu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.machine.ConfigurationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Registers, against VT-d 10.4 and what kvm-unit-tests' x86/intel-iommu.c checks. */
class RemappingUnitTest {
    private static final int GCMD = 0x18;
    private static final int GSTS = 0x1C;

    private final IommuRig rig = new IommuRig();

    @AfterEach
    void close() {
        rig.close();
    }

    /** x86/intel-iommu.c: "fault status check", "DMAR support 39 bits address width", "DMAR support huge pages". */
    @Test
    void capabilitiesAreThoseThatTestsLookFor() {
        assertThat(rig.read(0x00)).as("version 1.0").isEqualTo(0x10);
        assertThat(rig.read(0x34)).as("fault status").isZero();
        long cap = rig.read64(0x08);
        assertThat(cap & 7).as("ND: 2^(4 + 2 * 6) domains").isEqualTo(6);
        assertThat(cap >> 7 & 1).as("CM: nothing that is not present is cached").isZero();
        assertThat(cap >> 8 & 0x1F).as("SAGAW: 39 and 48 bits").isEqualTo(0b00110);
        assertThat(cap >> 16 & 0x3F).as("MGAW").isEqualTo(47);
        assertThat(cap >> 24 & 0x3FF).as("FRO, times 16").isEqualTo(0x22);
        assertThat(cap >> 34 & 0xF).as("SLLPS: 2 MiB and 1 GiB").isEqualTo(3);
        assertThat(cap >> 40 & 0xFF).as("NFR: 8 registers").isEqualTo(7);
        assertThat(cap >> 59 & 1).as("PI: no posted interrupts").isZero();
        long ecap = rig.read64(0x10);
        assertThat(ecap & 0xFF).as("C, QI, IR, EIM, PT, SC").isEqualTo(0b1101_1011);
        assertThat(ecap >> 8 & 0x3FF).as("IRO, times 16").isEqualTo(0xF);
    }

    @Test
    void capabilitiesFollowTheConfiguration() {
        try (IommuRig plain = new IommuRig(new IommuConfig(true, false, 39, true));
                IommuRig memoryOnly = new IommuRig(new IommuConfig(false, false, 39, true))) {
            assertThat(plain.read64(0x10) & 0x18).as("IR without EIM").isEqualTo(0x08);
            assertThat(plain.read64(0x08) >> 8 & 0x1F).isEqualTo(0b00010);
            assertThat(memoryOnly.read64(0x10) & 0x18).isZero();
            memoryOnly.remapInterrupts(true);
            assertThat(memoryOnly.read(GSTS)).as("no IRTPS, no IRES").isZero();
            assertThat(memoryOnly.read64(0xB8)).isZero();
            plain.write64(0xB8, 0x1234_5FFFL);
            assertThat(plain.read64(0xB8)).as("no EIME").isEqualTo(0x1234_500FL);
        }
        assertThatThrownBy(() -> new IommuConfig(true, true, 40, true))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("aw-bits is 39 or 48");
        assertThatThrownBy(() -> new IommuConfig(false, true, 39, true)).hasMessageContaining("intremap=on");
    }

    /** x86/intel-iommu.c: "QI enablement" to "IR enablement"; each command is GSTS with one bit more. */
    @Test
    void eachCommandShowsInTheStatusAndTheOneShotOnesStay() {
        for (int bit : new int[] {26, 30, 24, 31, 25, 23}) {
            rig.command(1 << bit);
            assertThat(rig.read(GSTS) >>> bit & 1).as("bit %d", bit).isEqualTo(1);
        }
        rig.write(GCMD, 0);
        assertThat(rig.read(GSTS)).as("RTPS and IRTPS").isEqualTo(1 << 30 | 1 << 24);
        rig.command(1 << 27 | 1 << 29 | 1 << 28);
        assertThat(rig.read(GSTS)).as("no write buffer, no advanced log").isEqualTo(1 << 30 | 1 << 24);
        assertThat(rig.read(GCMD)).as("write-only").isZero();
    }

    @Test
    void aTableIsTakenOverByItsCommandOnly() {
        rig.remapMemory(3);
        rig.page(0, 0, IommuRig.table(1) | 3);
        rig.page(1, 0, IommuRig.table(2) | 3);
        rig.page(2, 0, 0x5000 | 3);
        rig.write64(0x20, 0x77_0000);
        assertThat(rig.translate(0, true)).isEqualTo(0x5000);
        rig.command(1 << 30);
        assertThat(rig.translate(0, true)).as("a table of zeros").isEqualTo(-1);
    }

    /** 10.4.7 and 10.4.8.1: hardware clears the command bit and reports the granularity that it used. */
    @Test
    void registerBasedInvalidationsAreDoneAtOnce() {
        rig.write64(0x28, 1L << 63 | 2L << 61 | 5);
        assertThat(rig.read64(0x28)).isEqualTo(2L << 61 | 2L << 59 | 5);
        rig.write64(0xF0, 0x1234_5000);
        rig.write64(0xF8, 1L << 63 | 3L << 60 | 5L << 32);
        assertThat(rig.read64(0xF8)).isEqualTo(3L << 60 | 3L << 57 | 5L << 32);
        assertThat(rig.read64(0xF0)).isEqualTo(0x1234_5000);
    }

    @Test
    void whileTheQueueIsOnRegistersInvalidateNothingAndNobodyWaits() {
        rig.queue();
        rig.write64(0x28, 1L << 63 | 1L << 61);
        assertThat(rig.read64(0x28)).as("ICC is clear, CAIG is 0").isEqualTo(1L << 61);
    }

    @Test
    void narrowAccessesReadAPartAndWriteNothing() {
        assertThat(rig.unit.read(0x223, 1) & 0xFF).isZero();
        assertThat(rig.unit.read(0x10, 1) & 0xFF).isEqualTo(0xDB);
        rig.unit.write(0x20, 2, 0xF000);
        rig.unit.write(0x22, 4, 0xF000);
        assertThat(rig.read64(0x20)).isZero();
        assertThat(rig.read(0xFFC)).as("nothing is there").isZero();
        rig.unit.write(0xFF8, 8, -1);
    }
}
