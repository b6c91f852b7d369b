// SPDX-License-Identifier: Apache-2.0
/** PCI: the bus with its configuration mechanism, the bridges of a PC, and functions. */
@NullMarked
package dev.synapic.machine.device.pci;

import org.jspecify.annotations.NullMarked;
