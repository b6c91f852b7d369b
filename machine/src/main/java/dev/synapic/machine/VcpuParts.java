// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.Cpu;
import dev.synapic.interrupts.apic.LocalApic;

/** What a virtual CPU is put together from. */
record VcpuParts(Cpu cpu, LocalApic apic, VcpuClock clock, ExitAccount exits) {}
