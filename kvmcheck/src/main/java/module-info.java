// SPDX-License-Identifier: Apache-2.0
/** The cross-check of the interrupt fabric against a real KVM. */
module dev.synapic.kvmcheck {
    requires static org.jspecify;
    requires dev.synapic.interrupts;
    requires dev.synapic.spec;

    exports dev.synapic.kvmcheck;
}
