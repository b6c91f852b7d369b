// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One kind of request.
 *
 * @param names of its fields, op among them
 * @param touchesMemoryOnly whether it is an access of the guest to its memory, between which and the fabric nothing happens
 */
record Operation(Set<String> names, boolean touchesMemoryOnly, Handler handler) {
    /** Carries a request out. */
    @FunctionalInterface
    interface Handler {
        /** Returns the result: nulls, booleans, whole numbers, strings, maps and lists of them. Throws what a guest or client gets instead. */
        @Nullable
        Object run(DrivenFabric fabric, Fields fields);
    }

    static Operation of(Handler handler, String... fields) {
        return new Operation(withOp(fields), false, handler);
    }

    static Operation onMemory(Handler handler, String... fields) {
        return new Operation(withOp(fields), true, handler);
    }

    private static Set<String> withOp(String... fields) {
        Set<String> names = new HashSet<>(Set.of(fields));
        names.add("op");
        return Set.copyOf(names);
    }
}
