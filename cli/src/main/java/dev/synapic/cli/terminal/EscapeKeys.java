// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.terminal;

import java.util.function.IntUnaryOperator;

/**
 * The keys of a terminal that are not for the guest, as QEMU's {@code -nographic} has them: Ctrl-A and then X leaves, H helps, A or Ctrl-A sends
 * a Ctrl-A. Any other key behind Ctrl-A goes to the guest alone.
 *
 * <p>Threading: that of the keyboard.
 */
public final class EscapeKeys implements IntUnaryOperator {
    private static final int CTRL_A = 1;
    private static final String HELP = """

        Ctrl-A X   leave: the machine ends
        Ctrl-A H   this help
        Ctrl-A A   send Ctrl-A to the guest
        """;

    private final Runnable leave;
    private final Runnable help;
    private boolean escaped;

    /** leave and help are called when somebody wants them. */
    public EscapeKeys(Runnable leave, Runnable help) {
        this.leave = leave;
        this.help = help;
    }

    /** What to print for help. */
    public static String help() {
        return HELP;
    }

    @Override
    public int applyAsInt(int key) {
        if (!escaped) {
            escaped = key == CTRL_A;
            return escaped ? Keyboard.NOTHING : key;
        }
        escaped = false;
        switch (key) {
            case 'x', 'X' -> leave.run();
            case 'h', 'H', '?' -> help.run();
            case 'a', 'A', CTRL_A -> {
                return CTRL_A;
            }
            default -> {
                return key;
            }
        }
        return Keyboard.NOTHING;
    }
}
