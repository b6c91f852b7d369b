// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

/**
 * A VMM's call that the interrupt chip refuses. The message begins with KVM's errno name and says what to do instead.
 */
public final class IrqChipException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int errno;

    /** errno is one of {@link Errno}, positive; its name is put before the message. */
    public IrqChipException(int errno, String message) {
        super(Errno.name(errno) + ": " + message);
        this.errno = errno;
    }

    /** One of {@link Errno}, positive. */
    public int errno() {
        return errno;
    }
}
