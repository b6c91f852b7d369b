// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

/** All that a processor reaches outside itself. Every port is called on the thread that runs the processor. */
public record CpuPorts(MmioPort mmio, IoPort io, MsrPort msrs, HypercallPort hypercalls, PlatformPort platform) {}
