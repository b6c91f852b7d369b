// SPDX-License-Identifier: Apache-2.0
package dev.synapic.bench;

import dev.synapic.guestmem.GuestMemory;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a bounds-checked access to guest RAM costs, beside the same access to a Java array. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class GuestMemoryBenchmark {
    private static final int WORDS = 4096;

    private final GuestMemory ram = GuestMemory.allocate(WORDS * 8L);
    private final long[] array = new long[WORDS];

    @Benchmark
    @OperationsPerInvocation(WORDS)
    public long readGuestMemory() {
        long sum = 0;
        for (int word = 0; word < WORDS; word++) {
            sum += ram.getLong(word * 8L);
        }
        return sum;
    }

    @Benchmark
    @OperationsPerInvocation(WORDS)
    public void writeGuestMemory() {
        for (int word = 0; word < WORDS; word++) {
            ram.putLong(word * 8L, word);
        }
    }

    @Benchmark
    @OperationsPerInvocation(WORDS)
    public long readArray() {
        long sum = 0;
        for (int word = 0; word < WORDS; word++) {
            sum += array[word];
        }
        return sum;
    }

    @Benchmark
    @OperationsPerInvocation(WORDS)
    public void writeArray() {
        for (int word = 0; word < WORDS; word++) {
            array[word] = word;
        }
    }
}
