// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the command line says.
 *
 * @param fuzzers which to run, in order
 * @param seconds for each
 * @param reproduce an input to run again instead
 */
record Options(
        boolean help,
        boolean list,
        List<Fuzzer> fuzzers,
        int seconds,
        long seed,
        @Nullable Path reproduce) {
    private static final int DEFAULT_SECONDS = 60;

    static final String USAGE = """
        Usage: fuzz/run TARGET [--seconds N] [--seed S]   fuzz a target, 60 seconds by default
               fuzz/run all [--seconds N] [--seed S]      each target for so long
               fuzz/run TARGET --reproduce FILE           run one input again
               fuzz/run --list                            the targets
        Exit status: 0 nothing found, 1 found something, 2 wrong use.\
        """;

    /** Wrong use, in one line. */
    static final class WrongUse extends Exception {
        private static final long serialVersionUID = 1;

        WrongUse(String message) {
            super(message);
        }
    }

    static Options parse(String[] arguments, long defaultSeed) throws WrongUse {
        boolean help = arguments.length == 0;
        boolean list = false;
        List<Fuzzer> fuzzers = List.of();
        int seconds = DEFAULT_SECONDS;
        long seed = defaultSeed;
        Path reproduce = null;
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "-h", "--help" -> help = true;
                case "--list" -> list = true;
                case "--seconds" -> seconds = seconds(value(arguments, i++));
                case "--seed" -> seed = number(arguments[i], value(arguments, i++));
                case "--reproduce" -> reproduce = Path.of(value(arguments, i++));
                default -> fuzzers = named(arguments[i], fuzzers);
            }
        }
        if (fuzzers.isEmpty() && !help && !list) {
            throw new WrongUse("no target; fuzz/run --list shows them");
        }
        if (reproduce != null && fuzzers.size() != 1) {
            throw new WrongUse("--reproduce needs the one target that the file is for");
        }
        return new Options(help, list, fuzzers, seconds, seed, reproduce);
    }

    private static List<Fuzzer> named(String name, List<Fuzzer> before) throws WrongUse {
        if (name.startsWith("-")) {
            throw new WrongUse("unknown option " + name);
        }
        if (!before.isEmpty()) {
            throw new WrongUse("one target at a time, or all; not also " + name);
        }
        if (name.equals("all")) {
            return Fuzzer.ALL;
        }
        return List.of(Fuzzer.named(name)
                .orElseThrow(() -> new WrongUse("unknown target " + name + "; fuzz/run --list shows them")));
    }

    private static String value(String[] arguments, int at) throws WrongUse {
        if (at + 1 >= arguments.length) {
            throw new WrongUse(arguments[at] + " needs a value");
        }
        return arguments[at + 1];
    }

    private static int seconds(String text) throws WrongUse {
        long seconds = number("--seconds", text);
        if (seconds < 1 || seconds > Integer.MAX_VALUE) {
            throw new WrongUse("--seconds is " + text + "; give 1 or more");
        }
        return (int) seconds;
    }

    private static long number(String option, String text) throws WrongUse {
        try {
            return Long.decode(text);
        } catch (NumberFormatException e) {
            throw new WrongUse(option + " is " + text + "; give a whole number");
        }
    }
}
