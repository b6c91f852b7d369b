// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.Cpu;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.hyperv.HypervProcessor;

/** What a virtual CPU is put together from. */
record VcpuParts(Cpu cpu, LocalApic apic, HypervProcessor hyperv, VcpuClock clock, ExitAccount exits) {}
