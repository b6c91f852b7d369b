// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

/** The mode that decides how instruction bytes are read (SDM vol. 1, 3.6.1): default operand and address size, and REX. */
public enum CodeSize {
    CODE16,
    CODE32,
    CODE64
}
