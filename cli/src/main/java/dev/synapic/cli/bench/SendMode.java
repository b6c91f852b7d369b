// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

/** By which means the guest sends to many targets. One target always takes a plain ICR write, as in guests that use these. */
public enum SendMode {
    /** An ICR write per target, or per cluster of 16 in cluster mode. */
    VANILLA("vanilla"),
    /** One ICR write with the shorthand all-but-self. */
    SHORTHAND("shorthand"),
    /** KVM_HC_SEND_IPI. */
    PV_IPI("pv-ipi"),
    /** HvCallSendSyntheticClusterIpi, from 65 VPs on its Ex form. */
    HV_IPI("hv-ipi");

    private final String option;

    SendMode(String option) {
        this.option = option;
    }

    /** As on our command line and the guest's. */
    public String option() {
        return option;
    }
}
