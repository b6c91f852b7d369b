// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

/** Error numbers as the KVM interface names them. Verbs on the interrupt path return them negated. */
public final class Errno {
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ENXIO = 6;
    public static final int EAGAIN = 11;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int EINVAL = 22;
    public static final int ENOSPC = 28;

    private Errno() {}

    /** The name of a positive error number, or {@code errno} and the number where it is none of these. */
    public static String name(int errno) {
        return switch (errno) {
            case EPERM -> "EPERM";
            case ENOENT -> "ENOENT";
            case ENXIO -> "ENXIO";
            case EAGAIN -> "EAGAIN";
            case EBUSY -> "EBUSY";
            case EEXIST -> "EEXIST";
            case EINVAL -> "EINVAL";
            case ENOSPC -> "ENOSPC";
            default -> "errno " + errno;
        };
    }
}
