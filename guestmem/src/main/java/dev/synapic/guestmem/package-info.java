// SPDX-License-Identifier: Apache-2.0
/** Guest RAM. All tricky memory access of the project lives here. */
@NullMarked
package dev.synapic.guestmem;

import org.jspecify.annotations.NullMarked;
