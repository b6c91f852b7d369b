// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

/** The architectural answer #UD to a guest's instruction. */
final class UndefinedInstruction extends RuntimeException {
    private static final long serialVersionUID = 1;

    UndefinedInstruction() {
        super("#UD", null, false, false);
    }
}
