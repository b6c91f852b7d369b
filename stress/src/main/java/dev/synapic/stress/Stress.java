// SPDX-License-Identifier: Apache-2.0
package dev.synapic.stress;

import dev.synapic.interrupts.apic.PendingVectorsLincheck;
import dev.synapic.interrupts.routing.RoutingLincheck;
import java.util.List;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;

/** The command {@code stress/run}: jcstress with its own options, or Lincheck. */
public final class Stress {
    /**
     * A class with its operations, how many scenarios of them are tried, and in how many interleavings each. A table has 4096
     * places, every access to which is an event to Lincheck: it gets fewer.
     */
    private record Check(Class<?> operations, int scenarios, int interleavings) {}

    private static final List<Check> CHECKS =
            List.of(new Check(PendingVectorsLincheck.class, 50, 2_000), new Check(RoutingLincheck.class, 5, 50));

    private Stress() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 1 && arguments[0].equals("lincheck")) {
            System.exit(lincheck());
        }
        org.openjdk.jcstress.Main.main(arguments);
    }

    private static int lincheck() {
        int failures = 0;
        for (Check check : CHECKS) {
            String name = check.operations().getSimpleName();
            try {
                new ModelCheckingOptions()
                        .iterations(check.scenarios())
                        .invocationsPerIteration(check.interleavings())
                        .threads(3)
                        .actorsPerThread(3)
                        .check(check.operations());
                System.out.println(name + ": linearizable in " + check.scenarios() + " scenarios");
            } catch (AssertionError failure) {
                System.err.println(name + ": " + failure.getMessage());
                failures++;
            }
        }
        return failures == 0 ? 0 : 1;
    }
}
