// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.Cpu;
import dev.synapic.interrupts.apic.LazyEoi;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.hyperv.HypervProcessor;
import dev.synapic.interrupts.kvm.KvmProcessor;

/** What a virtual CPU is put together from. */
record VcpuParts(
        Cpu cpu,
        LocalApic apic,
        LazyEoi lazyEoi,
        HypervProcessor hyperv,
        KvmProcessor kvm,
        VcpuClock clock,
        ExitAccount exits) {}
