// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import java.lang.reflect.Method;

/**
 * Bytes that the current thread has allocated. The platform's counter is reached by reflection, so that the module
 * under test need not require a management module for its tests' sake.
 */
public final class AllocatedBytes {
    private static final int WARM_UP = 30_000;
    private static final int MEASURED = 10_000;
    private static final int MOST_ROUNDS = 200;

    private final Object bean;
    private final Method counter;

    public AllocatedBytes() throws ReflectiveOperationException {
        bean = Class.forName("java.lang.management.ManagementFactory")
                .getMethod("getThreadMXBean")
                .invoke(null);
        counter = Class.forName("com.sun.management.ThreadMXBean").getMethod("getCurrentThreadAllocatedBytes");
    }

    private long now() throws ReflectiveOperationException {
        return (long) counter.invoke(bean);
    }

    /**
     * Bytes per call of a warm action; what the reading itself costs is lost in the division. The compiler that takes
     * short-lived objects away works beside the test, and late on a busy machine: it is waited for.
     */
    public double perCall(Runnable action) throws ReflectiveOperationException {
        double bytes = Double.MAX_VALUE;
        for (int round = 0; round < MOST_ROUNDS && bytes >= 1; round++) {
            for (int i = 0; i < WARM_UP; i++) {
                action.run();
            }
            long before = now();
            for (int i = 0; i < MEASURED; i++) {
                action.run();
            }
            bytes = (double) (now() - before) / MEASURED;
        }
        return bytes;
    }
}
