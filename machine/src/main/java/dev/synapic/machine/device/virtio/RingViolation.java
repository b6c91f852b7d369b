// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.virtio;

/** The driver broke a rule of the rings: the device needs a reset. It never leaves the device. */
final class RingViolation extends Exception {
    private static final long serialVersionUID = 1L;

    RingViolation(String rule) {
        super(rule, null, false, false);
    }
}
