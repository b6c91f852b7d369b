// SPDX-License-Identifier: Apache-2.0
/** Paging, software TLB and linear memory access. */
@NullMarked
package dev.synapic.cpu.mmu;

import org.jspecify.annotations.NullMarked;
