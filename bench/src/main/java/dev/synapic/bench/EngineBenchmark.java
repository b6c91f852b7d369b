// SPDX-License-Identifier: Apache-2.0
package dev.synapic.bench;

import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.decode.Decoder;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * How fast the engine decodes and executes x86-64 machine code, in instructions per microsecond, which is MIPS. The counter mips has
 * the instructions that the engine says it retired; for decoding, where the score counts whole passes, it is the figure.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class EngineBenchmark {
    private static final int SLICE = 100_000;

    /** Instructions that were decoded or retired; per microsecond, hence MIPS. */
    @State(Scope.Thread)
    @AuxCounters
    public static class Rate {
        public long mips;
    }

    @State(Scope.Thread)
    public static class Images {
        private final List<GuestCode> codes = GuestCode.ofAllImages();
    }

    /** A processor in 64-bit mode with paging, in the middle of an endless loop. */
    @State(Scope.Thread)
    public static class Loop {
        @Param
        public GuestLoop kind = GuestLoop.MIXED;

        private @Nullable LoopMachine machine;

        @Setup
        public void boot() {
            machine = new LoopMachine(kind, 0);
            machine.run(1_000_000);
        }

        @TearDown(Level.Trial)
        public void close() {
            machine().close();
        }

        private LoopMachine machine() {
            if (machine == null) {
                throw new IllegalStateException("not set up");
            }
            return machine;
        }
    }

    /** Decodes the code of all guest images from front to back. */
    @Benchmark
    public void decode(Images images, Rate rate, Blackhole hole) {
        Decoder decoder = new Decoder();
        for (GuestCode code : images.codes) {
            byte[] bytes = code.bytes();
            int at = 0;
            while (at < bytes.length) {
                DecodedInstruction in = decoder.decode(bytes, at, bytes.length, code.size());
                if (in == null) {
                    break;
                }
                hole.consume(in);
                at += in.length();
                rate.mips++;
            }
        }
    }

    /** Executes a slice of a loop, decoded long since. */
    @Benchmark
    @OperationsPerInvocation(SLICE)
    public void execute(Loop loop, Rate rate) {
        LoopMachine machine = loop.machine();
        long before = machine.retiredInstructions();
        machine.run(SLICE);
        rate.mips += machine.retiredInstructions() - before;
    }
}
