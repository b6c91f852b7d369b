// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;

/** The mailbox as a linearizable object: any thread posts, one takes what there is when it is told of work. */
@Param(name = "vector", gen = IntGen.class, conf = "64:66")
public class PendingVectorsLincheck {
    private final PendingVectors mailbox = new PendingVectors();

    @Operation
    public void post(@Param(name = "vector") int vector) {
        mailbox.post(vector, false);
    }

    @Operation(nonParallelGroup = "owner")
    public long takeIfWork() {
        if (!mailbox.hasWork()) {
            return 0;
        }
        mailbox.beginTake();
        return mailbox.take(1);
    }
}
