// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.kvm;

/** Error numbers of KVM's hypercalls; a hypercall returns them negated (Linux, uapi/linux/kvm_para.h). */
public final class KvmErrno {
    public static final int EPERM = 1;
    public static final int E2BIG = 7;
    public static final int EFAULT = 14;
    public static final int EINVAL = 22;
    public static final int EOPNOTSUPP = 95;
    /** KVM's own number, not the host's ENOSYS. */
    public static final int ENOSYS = 1000;

    private KvmErrno() {}

    /** The name of a negated error number, or the result in decimal. */
    public static String name(long result) {
        if (result >= 0 || result < -ENOSYS) {
            return Long.toString(result);
        }
        return switch ((int) -result) {
            case EPERM -> "-EPERM";
            case E2BIG -> "-E2BIG";
            case EFAULT -> "-EFAULT";
            case EINVAL -> "-EINVAL";
            case EOPNOTSUPP -> "-EOPNOTSUPP";
            case ENOSYS -> "-ENOSYS";
            default -> Long.toString(result);
        };
    }
}
