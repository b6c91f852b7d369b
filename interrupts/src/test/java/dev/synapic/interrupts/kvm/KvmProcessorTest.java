// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.hyperv.AllocatedBytes;
import dev.synapic.spec.x86.GeneralProtectionFault;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** KVM's MSRs by number (Linux, Documentation/virt/kvm/x86/msr.rst), and the state behind them. */
class KvmProcessorTest {
    private static final long AREA = 0x4040;
    private static final long WORD = 0x5004;

    private final KvmRig rig = new KvmRig(1);
    private final KvmMsrs msrs = rig.msrs(0);

    @AfterEach
    void close() {
        rig.close();
    }

    /** Asynchronous page faults, migration control, and what nobody has. */
    @ParameterizedTest
    @ValueSource(ints = {0x4b564d02, 0x4b564d06, 0x4b564d07, 0x4b564d08, 0x4b564d09, 0x4b564dff})
    void otherRegistersOfKvmsRangeAreNotThere(int msr) {
        assertThatThrownBy(() -> msrs.read(msr)).isSameAs(GeneralProtectionFault.generalProtection());
        assertThatThrownBy(() -> msrs.write(msr, 0)).isSameAs(GeneralProtectionFault.generalProtection());
    }

    /** KVM, guest_pv_has; the Linux selftest kvm_pv_test. Feature bits as in cpuid.rst. */
    @ParameterizedTest
    @CsvSource({
        "0x11, 0",
        "0x12, 0",
        "0x4b564d00, 3",
        "0x4b564d01, 3",
        "0x4b564d03, 5",
        "0x4b564d04, 6",
        "0x4b564d05, 12",
    })
    void whereFeaturesAreEnforcedARegisterNeedsItsOwn(String number, int feature) {
        int msr = Integer.decode(number);
        KvmMsrs without = rig.msrs(0, new KvmFeatures(~(1 << feature), true));
        KvmMsrs with = rig.msrs(0, new KvmFeatures(1 << feature, true));
        KvmMsrs lax = rig.msrs(0, new KvmFeatures(0, false));

        assertThatThrownBy(() -> without.read(msr)).isSameAs(GeneralProtectionFault.generalProtection());
        assertThatThrownBy(() -> without.write(msr, 0)).isSameAs(GeneralProtectionFault.generalProtection());
        with.write(msr, 0);
        assertThat(with.read(msr)).isZero();
        assertThat(lax.read(msr)).isZero();
    }

    /** KVM: "poll control enabled by default". */
    @Test
    void pollControlIsOneBitThatStartsSet() {
        assertThat(msrs.read(0x4b564d05)).isEqualTo(1);
        msrs.write(0x4b564d05, 0);
        assertThat(msrs.read(0x4b564d05)).isZero();
        assertThatThrownBy(() -> msrs.write(0x4b564d05, 2)).isSameAs(GeneralProtectionFault.generalProtection());
    }

    @Test
    void initTakesRegistersAndKickButNotPollControl() {
        KvmProcessor processor = rig.processors[0];
        msrs.write(0x4b564d01, 0x3001);
        msrs.write(0x4b564d03, AREA | 1);
        msrs.write(0x4b564d04, WORD | 1);
        msrs.write(0x4b564d05, 0);
        processor.kick();
        processor.stealTime().stolen(4);

        processor.init();

        assertThat(msrs.read(0x4b564d01)).as("kvmclock").isZero();
        assertThat(processor.save())
                .isEqualTo(new KvmProcessor.State(1, new PvEoi.State(1, 0, false, -1), 0, 4, 0, false));
        processor.reset();
        assertThat(processor.save())
                .isEqualTo(new KvmProcessor.State(1, new PvEoi.State(1, 0, false, -1), 0, 0, 1, false));
    }

    /** KVM loses a kick that a running processor has stored (semantics of KVM_GET_MP_STATE); here it is saved. */
    @Test
    void stateHoldsEveryField() {
        KvmProcessor processor = rig.processors[0];
        msrs.write(0x4b564d03, AREA | 1);
        msrs.write(0x4b564d04, WORD | 1);
        msrs.write(0x4b564d05, 0);
        processor.kick();
        processor.stealTime().stolen(4);
        KvmProcessor.State saved = processor.save();
        assertThat(saved)
                .isEqualTo(new KvmProcessor.State(1, new PvEoi.State(1, WORD | 1, true, -1), AREA | 1, 4, 0, true));

        processor.reset();
        processor.restore(saved);

        assertThat(processor.save()).isEqualTo(saved);
        assertThat(processor.isKicked()).isTrue();
        processor.running();
        assertThat(processor.isKicked()).isFalse();
        assertThatThrownBy(() -> new KvmProcessor.State(2, saved.pvEoi(), 0, 0, 0, false))
                .hasMessageContaining("version 2");
        assertThatThrownBy(() -> new PvEoi.State(2, 0, false, -1)).hasMessageContaining("version 2");
        assertThatThrownBy(() -> new PvEoi.State(1, 0, true, -1)).hasMessageContaining("without being enabled");
        assertThatThrownBy(() -> processor.restore(
                        new KvmProcessor.State(1, new PvEoi.State(1, 1L << 40 | 1, true, -1), 0, 0, 0, false)))
                .hasMessageContaining("not RAM");
    }

    @Test
    void nothingOfItAllocates() throws ReflectiveOperationException {
        KvmRig quiet = rig;
        KvmClock clock = new KvmClock(quiet.memory, KvmRig.TSC_HZ, 0, 1, KvmClockListener.NONE);
        KvmProcessor processor = new KvmProcessor(0, clock, quiet.memory, quiet.lazyEois[0]);
        KvmMsrs silent = new KvmMsrs(processor, KvmFeatures.UNRESTRICTED);
        silent.write(0x4b564d03, AREA | 1);
        assertThat(new AllocatedBytes().perCall(() -> {
                    silent.write(0x4b564d01, 0x3001);
                    clock.tscMoved(0, true, 5);
                    silent.write(0x4b564d04, WORD | 1);
                    processor.stealTime().stolen(5);
                    processor.stealTime().update();
                    quiet.lazyEois[0].offer();
                    quiet.lazyEois[0].collect();
                }))
                .isLessThan(1);
    }
}
