// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.symbols;

import org.jspecify.annotations.Nullable;

/**
 * A name in a guest's memory.
 *
 * @param address linear address
 * @param name as the guest's linker knows it
 * @param module the kernel module that it belongs to, null for the kernel itself
 * @param code whether it names code
 */
public record Symbol(long address, String name, @Nullable String module, boolean code) {
    private static final String CODE_TYPES = "tTwWi";

    /** One with a type as nm prints it: t, T, w, W and i are code. */
    static Symbol ofType(long address, char type, String name, @Nullable String module) {
        return new Symbol(address, name, module, CODE_TYPES.indexOf(type) >= 0);
    }

    /** The same one, bytes further up. */
    Symbol moved(long bytes) {
        return new Symbol(address + bytes, name, module, code);
    }

    /** As kernels print it: {@code name [module]}. */
    @Override
    public String toString() {
        return module == null ? name : name + " [" + module + "]";
    }
}
