// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

/** What ends QEMU with status 1 before a guest runs; the message is all that standard error shows. */
public final class QemuError extends RuntimeException {
    private static final long serialVersionUID = 1;

    private QemuError(String lines) {
        super(lines);
    }

    /** An error with the program's name before it. */
    static QemuError of(String message) {
        return new QemuError(QemuHelp.PROGRAM + ": " + message);
    }

    /** An error as QEMU's loader for kernels writes it. */
    static QemuError ofLoader(String message) {
        return new QemuError("qemu: " + message);
    }
}
