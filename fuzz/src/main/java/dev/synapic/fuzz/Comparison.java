// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import org.jspecify.annotations.Nullable;

/** Two ways to the same end that take the same steps. A step depends on nothing but its number and what came before. */
public interface Comparison extends AutoCloseable {
    /** Makes both sides anew; the same number makes the same two. */
    @FunctionalInterface
    interface Maker {
        Comparison make(long seed);
    }

    /**
     * Takes one step on both sides.
     *
     * @return how they differ behind it, or null. What is thrown is a difference too.
     */
    @Nullable
    String step(long number);

    @Override
    void close();
}
