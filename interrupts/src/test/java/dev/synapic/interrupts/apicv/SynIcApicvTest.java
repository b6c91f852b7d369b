// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apicv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.Transit;
import dev.synapic.interrupts.apicv.ApicvState.Vendor;
import dev.synapic.interrupts.apicv.SynIcApicvPolicy.Rule;
import dev.synapic.interrupts.hyperv.SynIc;
import dev.synapic.interrupts.hyperv.SynIcSet;
import dev.synapic.interrupts.hyperv.VirtualProcessors;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HvSint;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Founding patch (changes v2 and v4), KVM 0f250a646382. */
class SynIcApicvTest {
    private static final int SINT2 = HvMsr.HV_X64_MSR_SINT0 + 2;
    private static final int SINT3 = HvMsr.HV_X64_MSR_SINT0 + 3;
    private static final long AUTO = HvSint.AUTO_EOI | 0x50;

    private final List<String> changes = new ArrayList<>();
    private final ApicvState state =
            new ApicvState(Vendor.INTEL_APICV, (reason, set, active) -> changes.add(reason + " " + set + " " + active));
    private final SynIcSet set = new SynIcSet(4);

    private VirtualProcessors vps(Rule rule) {
        return new VirtualProcessors(4, set, Transit.IMMEDIATE, new SynIcApicvPolicy(rule, set, state));
    }

    // ---- policies

    /** KVM api.rst still says that enabling SynIC disables APICv; since 5.15 only auto-EOI does. */
    @Test
    void activationAloneLeavesApicvOn() {
        vps(Rule.AUTO_EOI).running(SynIc.Activation.SYNIC);

        assertThat(state.isActive()).isTrue();
        assertThat(changes).isEmpty();
    }

    @Test
    void foundingRuleInhibitsFromTheFirstActivationOn() {
        VirtualProcessors vps = vps(Rule.ACTIVATION);
        vps.synIc(1).activate(SynIc.Activation.SYNIC);
        vps.synIc(2).activate(SynIc.Activation.SYNIC2);
        vps.synIc(1).reset();

        assertThat(state.reasons()).containsExactly(InhibitReason.HYPERV);
        assertThat(changes).containsExactly("HYPERV true false");
    }

    @Test
    void liveAutoEoiSintInhibitsUntilItIsMaskedOrRewritten() {
        VirtualProcessors vps = vps(Rule.AUTO_EOI).running(SynIc.Activation.SYNIC);
        SynIc synIc = vps.synIc(0);

        synIc.write(SINT2, HvSint.MASKED | AUTO);
        assertThat(state.isActive()).as("masked").isTrue();
        synIc.write(SINT2, AUTO);
        assertThat(state.isActive()).as("live").isFalse();
        synIc.write(SINT2, 0x50);
        assertThat(state.isActive()).as("plain").isTrue();

        assertThat(changes).containsExactly("HYPERV true false", "HYPERV false true");
    }

    @Test
    void inhibitionLastsWhileAnyProcessorHasAnyAutoEoiSint() {
        VirtualProcessors vps = vps(Rule.AUTO_EOI).running(SynIc.Activation.SYNIC);
        vps.synIc(0).write(SINT2, AUTO);
        vps.synIc(0).write(SINT3, AUTO);
        vps.synIc(3).write(SINT2, AUTO);

        vps.synIc(0).write(SINT2, HvSint.MASKED);
        vps.synIc(3).write(SINT2, HvSint.MASKED);
        assertThat(state.isActive()).isFalse();
        vps.synIc(0).write(SINT3, HvSint.MASKED);

        assertThat(state.isActive()).isTrue();
        assertThat(changes).hasSize(2);
    }

    @Test
    void resetLiftsTheInhibition() {
        VirtualProcessors vps = vps(Rule.AUTO_EOI).running(SynIc.Activation.SYNIC);
        vps.synIc(0).write(SINT2, AUTO);

        vps.synIc(0).reset();

        assertThat(state.isActive()).isTrue();
    }

    @Test
    void restoredAutoEoiInhibits() {
        VirtualProcessors vps = vps(Rule.AUTO_EOI).running(SynIc.Activation.SYNIC);
        vps.synIc(0).write(SINT2, AUTO);
        var saved = vps.synIc(0).save();
        vps.synIc(0).reset();

        vps.synIc(0).restore(saved);

        assertThat(state.isInhibitedBy(InhibitReason.HYPERV)).isTrue();
    }

    @Test
    void inhibitionAlwaysEqualsWhatTheRegistersSay() {
        long seed = Long.getLong("synapic.seed", 1L);
        Random random = new Random(seed);
        VirtualProcessors vps = vps(Rule.AUTO_EOI).running(SynIc.Activation.SYNIC);
        for (int step = 0; step < 2000; step++) {
            long flags = (long) random.nextInt(4) << 16;
            vps.synIc(random.nextInt(4))
                    .write(HvMsr.HV_X64_MSR_SINT0 + random.nextInt(16), flags | 0x40 + random.nextInt(3));
            boolean live = false;
            for (SynIc synIc : vps.all) {
                for (int sint = 0; sint < 16; sint++) {
                    live |= synIc.sint(sint).autoEoi() && !synIc.sint(sint).masked();
                }
            }
            assertThat(state.isActive()).as("seed %d, step %d", seed, step).isEqualTo(!live);
        }
    }

    // ---- reasons

    @Test
    void allThirteenReasonsAreKnownAndSevenConcernApicv() {
        assertThat(InhibitReason.values()).hasSize(13);
        assertThat(InhibitReason.values())
                .filteredOn(InhibitReason::concernsApicv)
                .hasSize(7);
        assertThat(InhibitReason.values()).allMatch(InhibitReason::concernsAvic);
    }

    @Test
    void reasonsOfTheOtherVendorAreIgnored() {
        state.inhibit(InhibitReason.IRQWIN, true);
        assertThat(state.isActive()).isTrue();

        ApicvState avic = new ApicvState(Vendor.AMD_AVIC, ApicvListener.NONE);
        avic.inhibit(InhibitReason.IRQWIN, true);
        assertThat(avic.isActive()).isFalse();
    }

    @Test
    void apicvReturnsOnlyWhenTheLastReasonIsGone() {
        state.inhibit(InhibitReason.ABSENT, true);
        state.inhibit(InhibitReason.BLOCKIRQ, true);
        state.inhibit(InhibitReason.ABSENT, true);
        state.inhibit(InhibitReason.ABSENT, false);
        assertThat(state.isActive()).isFalse();
        state.inhibit(InhibitReason.BLOCKIRQ, false);

        assertThat(state.isActive()).isTrue();
        assertThat(changes)
                .containsExactly(
                        "ABSENT true false", "BLOCKIRQ true false", "ABSENT false false", "BLOCKIRQ false true");
    }

    @Test
    void reasonsOfTheHostStayWhereTheyAre() {
        state.inhibit(InhibitReason.DISABLED, true);
        state.inhibit(InhibitReason.APIC_BASE_MODIFIED, true);
        ApicvState other = new ApicvState(Vendor.INTEL_APICV, ApicvListener.NONE);
        other.inhibit(InhibitReason.PHYSICAL_ID_ALIASED, true);

        other.restore(state.save());

        assertThat(other.reasons()).containsExactly(InhibitReason.APIC_BASE_MODIFIED);
    }

    // ---- EOI-exit bitmap and posting

    @Test
    void vectorsOfLiveSintsExitOnEoiAndAutoEoiOnesAreNotPosted() {
        VirtualProcessors vps = vps(Rule.AUTO_EOI).running(SynIc.Activation.SYNIC);
        SynIc synIc = vps.synIc(0);
        synIc.write(SINT2, AUTO);
        synIc.write(SINT3, 0xF1);
        synIc.write(HvMsr.HV_X64_MSR_SINT0, HvSint.MASKED | 0x77);
        EoiExitBitmap bitmap = new EoiExitBitmap();

        bitmap.load(synIc);

        assertThat(bitmap.exits(0x50)).isTrue();
        assertThat(bitmap.exits(0xF1)).isTrue();
        assertThat(bitmap.exits(0x77)).as("masked").isFalse();
        assertThat(bitmap.postable(0x50)).isFalse();
        assertThat(bitmap.postable(0xF1)).isTrue();
        assertThat(bitmap.postable(0x33)).isTrue();
        assertThat(bitmap.word(1)).isEqualTo(1L << 0x50 - 64);
    }

    @Test
    void reloadForgetsSintsThatMoved() {
        VirtualProcessors vps = vps(Rule.AUTO_EOI).running(SynIc.Activation.SYNIC);
        EoiExitBitmap bitmap = new EoiExitBitmap();
        vps.synIc(0).write(SINT2, AUTO);
        bitmap.load(vps.synIc(0));

        vps.synIc(0).write(SINT2, 0x51);
        bitmap.load(vps.synIc(0));

        assertThat(bitmap.exits(0x50)).isFalse();
        assertThat(bitmap.postable(0x50)).isTrue();
        assertThat(bitmap.exits(0x51)).isTrue();
    }

    /** KVM once used the map uninitialized for vCPUs without Hyper-V state. */
    @Test
    void processorWithoutSynicHasAnEmptyMap() {
        EoiExitBitmap bitmap = new EoiExitBitmap();
        bitmap.load(vps(Rule.AUTO_EOI).synIc(0));
        bitmap.load(null);

        for (int vector = 0; vector < 256; vector++) {
            assertThat(bitmap.exits(vector)).isFalse();
            assertThat(bitmap.postable(vector)).isTrue();
        }
    }
}
