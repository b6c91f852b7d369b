// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Watches a Linux guest's console for the line with which a panicking kernel begins its last words, and for the one that ends them.
 *
 * <p>Spec: Linux, kernel/panic.c. A kernel that is told to reboot ("panic=N") prints no last line.
 */
final class LinuxPanic implements IntConsumer {
    /** At the start of a line or behind its time stamp: a program that prints the words within a line is no panic. */
    private static final Pattern FIRST = Pattern.compile("(?:\\[[^\\]]*\\] ?)*(Kernel panic - not syncing: .*)");

    private static final Pattern LAST =
            Pattern.compile("(?:\\[[^\\]]*\\] ?)*---\\[ end Kernel panic - not syncing: .*");
    /** The kernel's messages are shorter. */
    private static final int MOST_BYTES = 1024;

    private final StringBuilder line = new StringBuilder();
    private final Consumer<String> begins;
    private final Runnable ends;

    /** begins receives the message without its time stamp. */
    LinuxPanic(Consumer<String> begins, Runnable ends) {
        this.begins = begins;
        this.ends = ends;
    }

    @Override
    public void accept(int b) {
        if (b != '\n') {
            if (b != '\r' && line.length() < MOST_BYTES) {
                line.append((char) b);
            }
            return;
        }
        if (line.indexOf("Kernel panic") >= 0) {
            judge(line.toString());
        }
        line.setLength(0);
    }

    private void judge(String whole) {
        Matcher first = FIRST.matcher(whole);
        if (first.matches()) {
            begins.accept(first.group(1));
        } else if (LAST.matcher(whole).matches()) {
            ends.run();
        }
    }
}
