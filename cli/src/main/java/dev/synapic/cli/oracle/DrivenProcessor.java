// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import dev.synapic.interrupts.Fabric;
import dev.synapic.interrupts.apic.LazyEoi;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.hyperv.HypervMsrs;
import dev.synapic.interrupts.hyperv.HypervProcessor;
import dev.synapic.interrupts.kvm.KvmHypercalls;
import dev.synapic.interrupts.kvm.KvmMsrs;
import dev.synapic.interrupts.kvm.KvmProcessor;

/** The fabric's side of one virtual processor. */
record DrivenProcessor(
        int index,
        LocalApic apic,
        LazyEoi lazyEoi,
        HypervProcessor hyperv,
        HypervMsrs hypervMsrs,
        KvmProcessor kvm,
        KvmMsrs kvmMsrs,
        KvmHypercalls kvmHypercalls) {
    Fabric.Processor state() {
        return new Fabric.Processor(apic, hyperv, kvm);
    }
}
