// SPDX-License-Identifier: Apache-2.0
/** Devices: passive, driven by guest accesses and virtual-time events. */
@NullMarked
package dev.synapic.machine.device;

import org.jspecify.annotations.NullMarked;
