// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.bus;

/** The two spaces in which devices answer. */
public record Buses(IoBus io, MmioBus mmio) {}
