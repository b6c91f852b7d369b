// SPDX-License-Identifier: Apache-2.0
/** Who answers at which port. */
@NullMarked
package dev.synapic.machine.bus;

import org.jspecify.annotations.NullMarked;
