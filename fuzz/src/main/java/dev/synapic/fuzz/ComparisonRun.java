// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Runs a comparison on random sequences until its time is over or its two sides differ. */
final class ComparisonRun {
    private static final int SHORTEST = 20;
    private static final int LONGEST = 2_000;
    private static final long STUCK_NANOS = 30_000_000_000L;

    private final Fuzzer fuzzer;
    private final Places places;
    private final Progress progress;
    private volatile long beats;
    private volatile @Nullable Sequence current;

    ComparisonRun(Fuzzer fuzzer, Places places, Progress progress) {
        this.fuzzer = fuzzer;
        this.places = places;
        this.progress = progress;
    }

    /** Returns where the reproducer is, or null where there was no difference. */
    @Nullable
    Path run(long seed, int seconds) throws IOException {
        watch();
        SplittableRandom random = new SplittableRandom(seed);
        while (progress.seconds() < seconds) {
            Sequence sequence = Sequence.random(random, random.nextInt(SHORTEST, LONGEST));
            current = sequence;
            Sequence.Difference difference = sequence.run(fuzzer.maker(), this::beat);
            progress.show(beats, "steps", null);
            if (difference != null) {
                return found(sequence, difference, seed);
            }
        }
        progress.end(beats, "steps", "no difference");
        return null;
    }

    private Path found(Sequence sequence, Sequence.Difference difference, long seed) throws IOException {
        progress.end(beats, "steps", "a difference at step " + difference.step() + ", made shorter now");
        Sequence shrunk = sequence.shrunk(fuzzer.maker(), difference, this::beat);
        Sequence.Difference last = shrunk.run(fuzzer.maker(), Heartbeat.NONE);
        String what = last == null ? difference.what() : last.what();
        Path file = places.found(fuzzer).resolve("%016x.txt".formatted(sequence.seed()));
        Reproducer.write(file, shrunk, "--seed " + seed + ", " + shrunk.steps().length + " steps\n" + what);
        return file;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
    private void beat() {
        beats++;
    }

    /** A step that never ends is a bug, too: it is told where it stands, and its sequence is kept. */
    private void watch() {
        Thread runner = Thread.currentThread();
        Thread.ofPlatform().daemon().name("watch").start(() -> {
            long seen = -1;
            while (seen != beats) {
                seen = beats;
                try {
                    Thread.sleep(STUCK_NANOS / 1_000_000);
                } catch (InterruptedException e) {
                    return;
                }
            }
            giveUp(runner);
        });
    }

    private void giveUp(Thread runner) {
        Sequence stuck = current;
        Path file = places.found(fuzzer).resolve("stuck.txt");
        try {
            if (stuck != null) {
                Reproducer.write(file, stuck, "a step does not end");
            }
        } catch (IOException e) {
            System.err.println("fuzz: " + file + " cannot be written: " + e.getMessage());
        }
        System.err.println("fuzz: a step of " + fuzzer.name() + " does not end: " + file);
        for (StackTraceElement frame : runner.getStackTrace()) {
            System.err.println("    at " + frame);
        }
        Runtime.getRuntime().halt(1);
    }
}
