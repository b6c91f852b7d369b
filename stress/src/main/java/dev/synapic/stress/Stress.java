// SPDX-License-Identifier: Apache-2.0
package dev.synapic.stress;

import dev.synapic.interrupts.apic.PendingVectorsLincheck;
import dev.synapic.interrupts.routing.RoutingLincheck;
import java.util.List;
import org.jetbrains.kotlinx.lincheck.LinChecker;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;

/** The command {@code stress/run}: jcstress with its own options, or Lincheck. */
public final class Stress {
    private static final List<Class<?>> LINEARIZABLE = List.of(PendingVectorsLincheck.class, RoutingLincheck.class);
    private static final int ITERATIONS = 50;
    private static final int INVOCATIONS = 2_000;

    private Stress() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 1 && arguments[0].equals("lincheck")) {
            System.exit(lincheck());
        }
        org.openjdk.jcstress.Main.main(arguments);
    }

    private static int lincheck() {
        int failures = 0;
        for (Class<?> type : LINEARIZABLE) {
            try {
                LinChecker.check(
                        type,
                        new ModelCheckingOptions()
                                .iterations(ITERATIONS)
                                .invocationsPerIteration(INVOCATIONS)
                                .threads(3)
                                .actorsPerThread(3));
                System.out.println(type.getSimpleName() + ": linearizable in " + ITERATIONS + " scenarios");
            } catch (AssertionError failure) {
                System.err.println(type.getSimpleName() + ": " + failure.getMessage());
                failures++;
            }
        }
        return failures == 0 ? 0 : 1;
    }
}
