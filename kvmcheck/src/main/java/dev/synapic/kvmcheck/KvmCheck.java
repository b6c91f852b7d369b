// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * The command line of the cross-check. Exit status 0: no difference; 1: one, with a reproducer in the working directory; 2: usage; 3: a
 * virtual CPU did not come back; 77: no KVM here.
 */
public final class KvmCheck {
    private static final int STEPS_OF_A_MACHINE = 400;
    private static final int SKIPPED = 77;
    private static final int STUCK = 3;
    private static final long STUCK_NANOS = 60_000_000_000L;
    private static final String USAGE =
            "usage: kvmcheck/run [--steps N] [--seed S] [--vcpus 1..16] [--xapic|--x2apic] [--replay FILE] [--go-on]"
                    + " [--verbose]";

    /** What the user asked for; 0 vCPUs: any number. */
    private record Options(
            long steps,
            long seed,
            int vcpus,
            RandomSteps.@Nullable Modes modes,
            String replay,
            boolean goesOn,
            boolean verbose) {}

    private volatile long lastProgress = System.nanoTime();
    private volatile String doing = "nothing";

    private KvmCheck() {}

    /** Runs it and ends the process. */
    public static void main(String[] arguments) throws IOException {
        System.exit(new KvmCheck().run(arguments));
    }

    private int run(String[] arguments) throws IOException {
        Options options;
        try {
            options = parse(arguments);
        } catch (IllegalArgumentException e) {
            System.err.println("kvmcheck: " + e.getMessage());
            System.err.println(USAGE);
            return 2;
        }
        Optional<String> reason = Kvm.unavailable();
        if (reason.isPresent()) {
            System.out.println("kvmcheck: skipped: " + reason.get());
            return SKIPPED;
        }
        watch();
        try (Kvm kvm = new Kvm()) {
            return options.replay().isEmpty() ? explore(kvm, options) : replay(kvm, Path.of(options.replay()));
        }
    }

    private static Options parse(String[] arguments) {
        long steps = 10_000;
        long seed = new Random().nextInt(1_000_000);
        int vcpus = 0;
        RandomSteps.@Nullable Modes modes = null;
        String replay = "";
        boolean goesOn = false;
        boolean verbose = false;
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--steps" -> steps = number(arguments, ++i, Long.MAX_VALUE);
                case "--seed" -> seed = number(arguments, ++i, Long.MAX_VALUE);
                case "--vcpus" -> vcpus = (int) number(arguments, ++i, Shape.MAX_VCPUS);
                case "--xapic" -> modes = RandomSteps.Modes.XAPIC;
                case "--x2apic" -> modes = RandomSteps.Modes.X2APIC;
                case "--replay" -> replay = value(arguments, ++i);
                case "--go-on" -> goesOn = true;
                case "--verbose" -> verbose = true;
                default -> throw new IllegalArgumentException("unknown option '" + arguments[i] + "'");
            }
        }
        return new Options(steps, seed, vcpus, modes, replay, goesOn, verbose);
    }

    private static String value(String[] arguments, int at) {
        if (at >= arguments.length) {
            throw new IllegalArgumentException(arguments[at - 1] + " needs a value");
        }
        return arguments[at];
    }

    private static long number(String[] arguments, int at, long highest) {
        long number = Long.parseLong(value(arguments, at));
        if (number < 0 || number > highest) {
            throw new IllegalArgumentException(arguments[at - 1] + " is 0 to " + highest + ", not " + number);
        }
        return number;
    }

    // ---- random sequences -----------------------------------------------------------------------------------------

    private int explore(Kvm kvm, Options options) throws IOException {
        System.out.println("kvmcheck: seed " + options.seed() + ", " + options.steps() + " steps");
        long done = 0;
        int machines = 0;
        int differences = 0;
        long start = System.nanoTime();
        for (long seed = options.seed(); done < options.steps(); seed++) {
            Shape shape = shape(seed, options);
            RandomSteps.Modes modes = modes(seed, options);
            List<Step> steps = RandomSteps.of(seed, STEPS_OF_A_MACHINE, shape, modes);
            Comparison comparison = new Comparison(of -> new KvmSide(kvm, of), shape, progress(seed, steps));
            if (options.verbose()) {
                System.out.println(
                        "kvmcheck: seed " + seed + ": " + shape.vcpus() + " vCPUs, " + modes + ", step " + done);
            }
            Optional<Comparison.Difference> difference = comparison.run(steps);
            done += comparison.compared();
            machines++;
            if (difference.isPresent()) {
                report(comparison, shape, steps, difference.get(), seed);
                differences++;
                if (!options.goesOn()) {
                    return 1;
                }
            }
        }
        System.out.printf(
                Locale.ROOT,
                "kvmcheck: %d steps on %d machines in %.1f s, %d differences%n",
                done,
                machines,
                (System.nanoTime() - start) / 1e9,
                differences);
        return differences == 0 ? 0 : 1;
    }

    private static Shape shape(long seed, Options options) {
        Random random = new Random(~seed);
        int vcpus = options.vcpus() != 0
                ? options.vcpus()
                : 1 + random.nextInt(random.nextInt(3) == 0 ? Shape.MAX_VCPUS : 4);
        return Shape.of(vcpus, random.nextInt(3) == 0 ? 1 + random.nextInt(16) : 1);
    }

    private static RandomSteps.Modes modes(long seed, Options options) {
        if (options.modes() != null) {
            return options.modes();
        }
        RandomSteps.Modes[] all = RandomSteps.Modes.values();
        return all[new Random(seed * 31 + 7).nextInt(all.length)];
    }

    private void report(
            Comparison comparison, Shape shape, List<Step> steps, Comparison.Difference difference, long seed)
            throws IOException {
        System.out.println("kvmcheck: seed " + seed + ", " + shape.vcpus() + " vCPUs, " + difference);
        List<Step> shortest = new Shrinker(comparison).shrink(steps, difference);
        Optional<Comparison.Difference> last = comparison.run(shortest);
        String remark = "seed " + seed + ": "
                + last.map(Comparison.Difference::toString).orElse("gone");
        Path file = Path.of("kvmcheck-" + seed + ".reproducer");
        new Reproducer(shape, new ArrayList<>(shortest)).write(file, remark);
        System.out.println("kvmcheck: " + shortest.size() + " steps are enough: " + file);
    }

    private int replay(Kvm kvm, Path file) throws IOException {
        Reproducer reproducer = Reproducer.read(file);
        Comparison comparison =
                new Comparison(of -> new KvmSide(kvm, of), reproducer.shape(), progress(0, reproducer.steps()));
        Optional<Comparison.Difference> difference = comparison.run(reproducer.steps());
        System.out.println("kvmcheck: " + file + ": "
                + difference.map(Comparison.Difference::toString).orElse("no difference"));
        return difference.isPresent() ? 1 : 0;
    }

    // ---- a processor that does not come back -----------------------------------------------------------------------

    private java.util.function.IntConsumer progress(long seed, List<Step> steps) {
        return number -> {
            lastProgress = System.nanoTime();
            doing = "seed " + seed + ", step " + number + ": "
                    + steps.get(number).encode();
        };
    }

    private void watch() {
        Thread watchdog = new Thread(this::haltWhenStuck, "watchdog");
        watchdog.setDaemon(true);
        watchdog.start();
    }

    private void haltWhenStuck() {
        try {
            while (System.nanoTime() - lastProgress < STUCK_NANOS) {
                Thread.sleep(1000);
            }
        } catch (InterruptedException e) {
            return;
        }
        System.out.println("kvmcheck: no progress for 60 s in " + doing);
        System.out.flush();
        Runtime.getRuntime().halt(STUCK);
    }
}
