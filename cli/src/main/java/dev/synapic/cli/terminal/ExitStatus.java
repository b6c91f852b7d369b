// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.terminal;

/** Exit codes of our own. All are even: odd ones are the guest's, by isa-debug-exit's convention (value << 1 | 1). */
public final class ExitStatus {
    public static final int CLEAN = 0;
    /** Wrong usage or input; nothing was written. */
    public static final int USAGE = 2;
    /** A machine that can make no progress: deadlock, triple fault, or a guest that reports its own crash. */
    public static final int STUCK = 4;
    /** Tests of a suite failed that nobody had announced as failing; one that took too long is among them. */
    public static final int TESTS_FAILED = 6;
    /** A command in a guest failed, or did not come to its end. */
    public static final int COMMAND_FAILED = 8;

    public static final int INTERNAL_ERROR = 70;
    public static final int LIMIT_REACHED = 124;
    public static final int INTERRUPTED = 130;

    private ExitStatus() {}
}
