// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import dev.synapic.cli.terminal.Console;
import dev.synapic.cli.terminal.Interruption;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import tools.jackson.jr.ob.JSON;

/** What one command line printed, and its exit status. */
record Invocation(int status, String out, String err) {
    static Invocation of(String... args) {
        return with(new Interruption(), InputStream.nullInputStream(), args);
    }

    /** With that on standard input. */
    static Invocation typing(String keys, String... args) {
        InputStream in = new ByteArrayInputStream(keys.getBytes(StandardCharsets.UTF_8));
        return with(new Interruption(), in, args);
    }

    /** As if Ctrl-C had come before the first machine started. */
    static Invocation interrupted(String... args) {
        Interruption interruption = new Interruption();
        interruption.request();
        return with(interruption, InputStream.nullInputStream(), args);
    }

    private static Invocation with(Interruption interruption, InputStream in, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Console console = new Console(
                in,
                new PrintStream(out, false, StandardCharsets.UTF_8),
                new PrintStream(err, false, StandardCharsets.UTF_8),
                false);
        int status = Synapic.execute(console, interruption, args);
        return new Invocation(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    List<String> errLines() {
        return err.lines().toList();
    }

    Map<String, Object> json() {
        return JSON.std.mapFrom(out);
    }

    @SuppressWarnings("unchecked")
    static List<Map<String, Object>> objects(Object list) {
        return (List<Map<String, Object>>) list;
    }
}
