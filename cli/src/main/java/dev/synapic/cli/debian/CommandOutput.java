// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.debian;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a command in a {@link LinuxGuest} writes, as it comes through the second serial port: its output, of any bytes, and behind it a zero,
 * "synapic-status", its status in three characters, and the end of a line. So many bytes are always kept back; a command that writes the same
 * itself is not misunderstood, since only the last ones count. Threading: the machine's thread.
 */
public final class CommandOutput implements IntConsumer {
    private static final String STATUS = "\0synapic-status ";
    private static final int TRAILER_BYTES = STATUS.length() + "255\n".length();
    private static final Pattern TRAILER = Pattern.compile(STATUS + " *([0-9]+)\n");

    private final PrintStream out;
    private final byte[] last = new byte[TRAILER_BYTES];
    private long count;

    /** out receives the output without the status. */
    public CommandOutput(PrintStream out) {
        this.out = out;
    }

    @Override
    public void accept(int b) {
        int at = (int) (count % TRAILER_BYTES);
        if (count >= TRAILER_BYTES) {
            out.write(last[at]);
        }
        last[at] = (byte) b;
        count++;
    }

    /**
     * Ends the output.
     *
     * @return the command's status, 0 to 255, or empty where the guest ended without one
     */
    public OptionalInt end() {
        String tail = tail();
        OptionalInt status = OptionalInt.empty();
        Matcher trailer = TRAILER.matcher(tail);
        if (trailer.matches()) {
            status = OptionalInt.of(Integer.parseInt(trailer.group(1)));
        } else {
            out.writeBytes(tail.getBytes(StandardCharsets.ISO_8859_1));
        }
        out.flush();
        return status;
    }

    private String tail() {
        int kept = (int) Math.min(count, TRAILER_BYTES);
        StringBuilder text = new StringBuilder(kept);
        for (long i = count - kept; i < count; i++) {
            text.append((char) (last[(int) (i % TRAILER_BYTES)] & 0xFF));
        }
        return text.toString();
    }
}
