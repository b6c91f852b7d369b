// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.spec.x86.GeneralProtectionFault;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Linux, Documentation/virt/kvm/x86/msr.rst, MSR_KVM_STEAL_TIME. Offsets are written out. */
class StealTimeTest {
    private static final long AREA = 0x4040;
    private static final int MSR = 0x4b564d03;

    private final KvmRig rig = new KvmRig(1);
    private final KvmMsrs msrs = rig.msrs(0);
    private final StealTime steal = rig.processors[0].stealTime();

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void whatIsStolenIsAddedToWhatStandsInMemory() {
        rig.memory.putLong(AREA, 1000);
        msrs.write(MSR, AREA | 1);

        steal.stolen(300);
        steal.stolen(40);
        assertThat(rig.memory.getLong(AREA)).as("not before the processor runs").isEqualTo(1000);
        steal.update();

        assertThat(rig.memory.getLong(AREA)).isEqualTo(1340);
        steal.update();
        assertThat(rig.memory.getLong(AREA)).as("once").isEqualTo(1340);
    }

    /** "An odd version indicates an in-progress update"; KVM steps over an odd one that it finds. */
    @Test
    void theVersionIsEvenAndGrows() {
        rig.memory.putInt(AREA + 8, 5);
        msrs.write(MSR, AREA | 1);
        assertThat(rig.memory.getInt(AREA + 8)).isEqualTo(8);
        steal.update();
        assertThat(rig.memory.getInt(AREA + 8)).isEqualTo(10);
    }

    /** A flush request (bit 1) is a matter of KVM_FEATURE_PV_TLB_FLUSH, which is not announced. */
    @Test
    void aProcessorThatRunsIsNotPreempted() {
        rig.memory.putByte(AREA + 16, (byte) 3);
        msrs.write(MSR, AREA | 1);
        assertThat(rig.memory.getByte(AREA + 16)).isZero();
    }

    /** The Linux selftest steal_time: reserved bits of the register. */
    @ParameterizedTest
    @ValueSource(longs = {AREA | 3, AREA | 0x21, AREA | 0x3E})
    void reservedBitsFault(long value) {
        assertThatThrownBy(() -> msrs.write(MSR, value)).isSameAs(GeneralProtectionFault.generalProtection());
        assertThat(msrs.read(MSR)).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {1 << 20 | 1, -63})
    void aPlaceThatIsNoRamIsStoredAndInert(long value) {
        msrs.write(MSR, value);
        steal.stolen(1);
        steal.update();
        assertThat(msrs.read(MSR)).isEqualTo(value);
    }

    @Test
    void whatIsStolenWhileDisabledIsReportedLater() {
        steal.stolen(9);
        steal.update();
        msrs.write(MSR, AREA | 1);
        assertThat(rig.memory.getLong(AREA)).isEqualTo(9);
    }
}
