// SPDX-License-Identifier: Apache-2.0
package dev.synapic.bench;

import dev.synapic.machine.Machine;
import dev.synapic.machine.MachineConfig;
import dev.synapic.machine.RunResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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

/**
 * What one operation of the founding benchmark's broadcast row costs the host: a whole machine of 80 virtual CPUs, guest code
 * included. Starting the machine and its 80 processors is included too; spread over so many broadcasts it is about one in a hundred.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class SchedulerBenchmark {
    private static final int VCPUS = 80;
    private static final int BROADCASTS = 5000;
    /** The status of a guest that wrote 0 to isa-debug-exit. */
    private static final int DONE = 1;

    @State(Scope.Thread)
    public static class Guest {
        @Param({
            "apic=x2apic-phys mode=vanilla",
            "apic=x2apic-cluster mode=vanilla",
            "apic=x2apic-phys mode=shorthand",
            "apic=x2apic-phys mode=pv-ipi",
            "apic=x2apic-phys mode=hv-ipi"
        })
        public String options = "";

        private @Nullable Machine machine;

        @Setup(Level.Invocation)
        public void powerOn() throws IOException {
            Path image = Path.of(System.getProperty("synapic.root", "."), "guests", "images", "ipi-bench.elf");
            Machine fresh = new Machine(MachineConfig.standard().withVcpus(VCPUS));
            String commandLine = options + " scenarios=broadcast iterations=" + BROADCASTS;
            fresh.loadMultiboot("ipi-bench.elf", Files.readAllBytes(image), commandLine);
            machine = fresh;
        }

        @TearDown(Level.Invocation)
        public void close() {
            if (machine != null) {
                machine.close();
            }
        }
    }

    @Benchmark
    @OperationsPerInvocation(BROADCASTS)
    public RunResult broadcast(Guest guest) {
        Machine machine = guest.machine;
        if (machine == null) {
            throw new IllegalStateException("not set up");
        }
        RunResult result = machine.run();
        if (result.outcome() != RunResult.Outcome.GUEST_EXIT || result.guestStatus() != DONE) {
            throw new IllegalStateException(result.toString());
        }
        return result;
    }
}
