// SPDX-License-Identifier: Apache-2.0
package dev.synapic.bench;

import dev.synapic.interrupts.apic.ApicRequest;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.spec.x86.ApicRegister;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What one local APIC's owner does all the time; nanoseconds each. Nothing may be allocated: {@link Benchmarks} fails otherwise. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Thread)
public class LocalApicBenchmark {
    private static final int VECTOR = 0x41;
    private static final int REQUEST = ApicRequest.fixed(VECTOR);
    private static final int TPR = ApicRegister.msr(ApicRegister.TASK_PRIORITY);

    private final Processors all = new Processors();
    private final LocalApic apic = all.sender();
    private long priority;

    @TearDown
    public void close() {
        all.close();
    }

    /** A request is accepted, taken into IRR, acknowledged and ended by EOI. */
    @Benchmark
    public int acceptAcknowledgeAndEnd() {
        int accepted = all.bus().deliver(apic, REQUEST);
        apic.acknowledge(apic.pendingVector());
        return accepted + apic.eoi();
    }

    /** An EOI with nothing in service. */
    @Benchmark
    public int eoiOfNothing() {
        return apic.eoi();
    }

    /** WRMSR of TPR, which computes PPR anew. */
    @Benchmark
    public void writeTaskPriority() {
        priority = priority + 0x10 & 0xF0;
        apic.writeMsr(TPR, priority);
    }

    /** RDMSR of TPR. */
    @Benchmark
    public long readTaskPriority() {
        return apic.readMsr(TPR);
    }
}
