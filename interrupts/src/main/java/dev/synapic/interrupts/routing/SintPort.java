// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

/** Where routes to synthetic interrupt sources end. Any thread. */
@FunctionalInterface
public interface SintPort {
    /** A machine without SynIC. */
    SintPort ABSENT = (vpIndex, sint) -> -Errno.EINVAL;

    /** Returns 1 accepted, 0 not accepted, or a negated {@link Errno}; any vpIndex and sint may be asked. */
    int raise(int vpIndex, int sint);
}
