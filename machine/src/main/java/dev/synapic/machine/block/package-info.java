// SPDX-License-Identifier: Apache-2.0
/** Where disks keep what is on them. */
@NullMarked
package dev.synapic.machine.block;

import org.jspecify.annotations.NullMarked;
