// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

/** How the guest drives its APICs and names their targets. */
public enum ApicKind {
    XAPIC("xapic", "xapic mode"),
    X2APIC_PHYS("x2apic-phys", "x2apic physical mode"),
    X2APIC_CLUSTER("x2apic-cluster", "x2apic cluster mode");

    private final String option;
    private final String title;

    ApicKind(String option, String title) {
        this.option = option;
        this.title = title;
    }

    /** As on our command line and the guest's. */
    public String option() {
        return option;
    }

    /** As in the published table. */
    public String title() {
        return title;
    }
}
