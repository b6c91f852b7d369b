// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

/** A kernel that cannot be loaded, in the sentence that QEMU's loader has for it; scripts read it. */
final class KernelError extends RuntimeException {
    private static final long serialVersionUID = 1;

    KernelError(String sentence) {
        super("qemu: " + sentence);
    }
}
