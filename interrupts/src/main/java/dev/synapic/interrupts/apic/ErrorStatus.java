// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

/**
 * The error status register.
 *
 * <p>Models: errors gather out of sight until a write shows them (write, then read). Spec: SDM vol. 3A, 12.5.3. Not
 * modelled: checksum and accept errors of the old serial bus. Threading: owner only.
 */
final class ErrorStatus {
    private int visible;
    private int gathered;

    /** Returns whether the error is a new one since the last write of ESR. */
    boolean record(int error) {
        boolean fresh = (gathered & error) == 0;
        gathered |= error;
        return fresh;
    }

    /** What a write of ESR does. */
    void latch() {
        visible = gathered;
        gathered = 0;
    }

    int visible() {
        return visible;
    }

    LocalApicState.Errors save() {
        return new LocalApicState.Errors(visible, gathered);
    }

    void restore(LocalApicState.Errors state) {
        visible = state.visible() & 0xFF;
        gathered = state.gathered() & 0xFF;
    }

    void reset() {
        visible = 0;
        gathered = 0;
    }
}
