// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import dev.synapic.interrupts.AccelerationComparison;
import dev.synapic.interrupts.RestoreComparison;
import dev.synapic.interrupts.apic.DestinationComparison;
import dev.synapic.interrupts.hyperv.SlotComparison;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Something that can be fuzzed: a target that takes bytes, or a comparison that takes steps.
 *
 * @param targetClass the class with {@code fuzzerTestOneInput}, for Jazzer; null for a comparison
 */
record Fuzzer(
        String name, String description, @Nullable Class<?> targetClass, FuzzTarget target, Comparison.Maker maker) {
    private static final FuzzTarget NO_BYTES = bytes -> {
        throw new IllegalStateException("a comparison takes steps, not bytes");
    };
    private static final Comparison.Maker NO_STEPS = seed -> {
        throw new IllegalStateException("a target takes bytes, not steps");
    };

    /** All of them. */
    static final List<Fuzzer> ALL = List.of(
            bytes(
                    "msr",
                    "RDMSR and WRMSR of any number and value on all processors",
                    MsrTarget.class,
                    MsrTarget::fuzzerTestOneInput),
            bytes(
                    "mmio",
                    "APIC page, I/O APIC window, ports of the 8259 pair and the 8254",
                    MmioTarget.class,
                    MmioTarget::fuzzerTestOneInput),
            bytes(
                    "hypercall",
                    "hypercalls of Hyper-V and KVM with any registers and memory",
                    HypercallTarget.class,
                    HypercallTarget::fuzzerTestOneInput),
            bytes(
                    "routing",
                    "routing tables, KVM's binary tables, irqfds, resamplers, lines",
                    RoutingTarget.class,
                    RoutingTarget::fuzzerTestOneInput),
            bytes(
                    "restore",
                    "altered states, and APIC pages of any bytes",
                    RestoreTarget.class,
                    RestoreTarget::fuzzerTestOneInput),
            steps("destinations", "destination map against a walk over all APICs", DestinationComparison::new),
            steps("acceleration", "acceleration on against off", AccelerationComparison::new),
            steps("save-restore", "restore(save(x)) against x", RestoreComparison::new),
            steps("priorities", "IRR, ISR, TMR and PPR against a plain model", PriorityComparison::new),
            steps("slots", "message slots and event flags against a plain model", SlotComparison::new));

    private static Fuzzer bytes(String name, String description, Class<?> targetClass, FuzzTarget target) {
        return new Fuzzer(name, description, targetClass, target, NO_STEPS);
    }

    private static Fuzzer steps(String name, String description, Comparison.Maker maker) {
        return new Fuzzer(name, description, null, NO_BYTES, maker);
    }

    static Optional<Fuzzer> named(String name) {
        return ALL.stream().filter(fuzzer -> fuzzer.name.equals(name)).findFirst();
    }

    boolean takesBytes() {
        return targetClass != null;
    }
}
