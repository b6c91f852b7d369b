// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

/** Which program makes Linux send. */
public enum LinuxVariant {
    /** A kernel module, by smp_call_function_many(): all rows. */
    MODULE("module"),
    /** A user's program, by membarrier(2): no headers and no compiler are needed. The targets spin instead of being halted. */
    MEMBARRIER("membarrier");

    private final String option;

    LinuxVariant(String option) {
        this.option = option;
    }

    public String option() {
        return option;
    }
}
