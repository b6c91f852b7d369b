// SPDX-License-Identifier: Apache-2.0
package dev.synapic.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * How much of the time the benchmark's thread had a processor: 1 on a quiet host. On a busy one the wall clock counts the neighbours'
 * work too, and only the processor's time per operation can be compared.
 */
public final class CpuTimeProfiler implements InternalProfiler {
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private long startCpuNanos;
    private long startNanos;

    @Override
    public String getDescription() {
        return "processor time of the benchmark's thread";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        startCpuNanos = workersCpuNanos();
        startNanos = System.nanoTime();
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        double cpuNanos = workersCpuNanos() - startCpuNanos;
        double nanos = (double) (System.nanoTime() - startNanos) * benchmark.getThreads();
        long operations = result.getMetadata().getMeasuredOps();
        return List.of(
                new ScalarResult("cpu.share", cpuNanos / nanos, "of 1", AggregationPolicy.AVG),
                new ScalarResult("cpu.time.norm", cpuNanos / operations, "ns/op", AggregationPolicy.AVG));
    }

    private long workersCpuNanos() {
        long sum = 0;
        for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (thread != null && thread.getThreadName().contains("jmh-worker")) {
                sum += threads.getThreadCpuTime(thread.getThreadId());
            }
        }
        return sum;
    }
}
