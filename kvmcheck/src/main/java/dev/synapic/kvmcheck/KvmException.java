// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

/** A call into the kernel failed. */
final class KvmException extends RuntimeException {
    private final int errno;

    KvmException(String what, int errno) {
        super(what + " failed with errno " + errno);
        this.errno = errno;
    }

    /** As in errno.h of Linux on x86. */
    int errno() {
        return errno;
    }
}
