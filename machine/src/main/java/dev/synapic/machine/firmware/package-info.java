// SPDX-License-Identifier: Apache-2.0
/** What a PC's firmware leaves in memory for the guest, and the state in which it hands the machine over. */
@NullMarked
package dev.synapic.machine.firmware;

import org.jspecify.annotations.NullMarked;
