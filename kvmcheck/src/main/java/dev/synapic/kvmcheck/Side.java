// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

/** A machine of the comparison: KVM's or ours. */
interface Side extends AutoCloseable {
    /** The result of a guest's access that faulted. */
    long FAULT = Long.MIN_VALUE;
    /** {@link Step.Kind#TAKE}: no interrupt was due. */
    long NOTHING = -1;

    /** Does a step, and what INIT and SIPI ask for behind it. Returns what was read, reached or taken; 0 where that says nothing. */
    long apply(Step step);

    /** Fills in the state, laid out as {@link Snapshot} says. */
    void read(long[] state);

    @Override
    void close();
}
