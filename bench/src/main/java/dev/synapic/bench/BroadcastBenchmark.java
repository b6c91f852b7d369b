// SPDX-License-Identifier: Apache-2.0
package dev.synapic.bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
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

/**
 * One interrupt from one processor to the 79 others of a machine, through the fabric alone; nanoseconds per target. Nothing may be
 * allocated: {@link Benchmarks} fails otherwise.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class BroadcastBenchmark {
    private static final int TARGETS = Processors.COUNT - 1;
    private static final int VECTOR = 0x41;

    @State(Scope.Thread)
    public static class Fabric {
        @Param
        public Route route = Route.PHYSICAL;

        private final Processors all = new Processors();

        @Setup
        public void prepare() {
            route.prepare(all, VECTOR);
            if (route.send(all, VECTOR) != TARGETS || all.serveAll(VECTOR) != TARGETS) {
                throw new IllegalStateException(route + " does not reach its targets");
            }
        }

        @TearDown
        public void close() {
            all.close();
        }

        Processors all() {
            return all;
        }
    }

    /** What no fabric with a mailbox per target can do without: a locked instruction to send and one to take. */
    @State(Scope.Thread)
    public static class Peer {
        private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
        /** A cache line each. */
        private final long[] mailboxes = new long[Processors.COUNT * 8];
    }

    /** Sends; then every target takes the vector, acknowledges it and writes EOI. */
    @Benchmark
    @OperationsPerInvocation(TARGETS)
    public int sendAndServe(Fabric fabric) {
        int accepted = fabric.route.send(fabric.all(), VECTOR);
        return accepted + fabric.all().serveAll(VECTOR);
    }

    /** Sends to targets that have not taken the one before: all but the first merge with it. */
    @Benchmark
    @OperationsPerInvocation(TARGETS)
    public int sendCoalesced(Fabric fabric) {
        return fabric.route.send(fabric.all(), VECTOR);
    }

    @Benchmark
    @OperationsPerInvocation(TARGETS)
    public long peerSendAndTake(Peer peer) {
        long taken = 0;
        for (int target = 1; target <= TARGETS; target++) {
            Peer.WORDS.getAndBitwiseOr(peer.mailboxes, target * 8, 2L);
        }
        for (int target = 1; target <= TARGETS; target++) {
            taken += (long) Peer.WORDS.getAndSet(peer.mailboxes, target * 8, 0L);
        }
        return taken;
    }
}
