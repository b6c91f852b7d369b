// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

/** Takes any bytes, and throws where the fabric does what it must not. */
@FunctionalInterface
public interface FuzzTarget {
    void run(byte[] input);
}
