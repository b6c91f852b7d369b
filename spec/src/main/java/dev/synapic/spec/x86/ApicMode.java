// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/** Operating modes of a local APIC (SDM vol. 3A, 12.12.1). */
public enum ApicMode {
    DISABLED,
    XAPIC,
    X2APIC
}
