// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.CpuTopology;
import dev.synapic.machine.MachineConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What {@code -smp} says, completed as QEMU since 6.2 does: what is left open becomes cores, then threads. */
record Topology(int cpus, int sockets, int dies, int cores, int threads) {
    private static final List<String> KEYS = List.of("cpus", "sockets", "dies", "cores", "threads", "maxcpus");

    static final Topology ONE = new Topology(1, 1, 1, 1, 1);

    CpuTopology packages() {
        return new CpuTopology(dies, cores, threads);
    }

    static Topology parse(String text) {
        Map<String, Integer> given = new HashMap<>();
        KeyValues.each(text, "cpus", (key, value) -> {
            if (!KEYS.contains(key)) {
                throw new ConfigurationException("Parameter 'smp.%s' is unexpected".formatted(key));
            }
            int number = number(text, key, value);
            given.put(key, number);
        });
        return complete(given);
    }

    private static int number(String text, String key, String value) {
        int number = value.matches("\\d{1,9}") ? Integer.parseInt(value) : 0;
        if (number < 1 || number > MachineConfig.MOST_VCPUS) {
            throw new ConfigurationException(
                    "-smp %s: %s is a number from 1 to %d".formatted(text, key, MachineConfig.MOST_VCPUS));
        }
        return number;
    }

    private static Topology complete(Map<String, Integer> given) {
        int cpus = given.getOrDefault("cpus", 0);
        int most = given.getOrDefault("maxcpus", cpus);
        int dies = given.getOrDefault("dies", 1);
        int sockets = given.getOrDefault("sockets", 0);
        int cores = given.getOrDefault("cores", 0);
        int threads = given.getOrDefault("threads", 0);
        if (cores == 0) {
            sockets = Math.max(sockets, 1);
            threads = Math.max(threads, 1);
            cores = most == 0 ? 1 : most / (sockets * dies * threads);
        } else if (sockets == 0) {
            threads = Math.max(threads, 1);
            sockets = most == 0 ? 1 : most / (dies * cores * threads);
        }
        if (threads == 0) {
            threads = most == 0 ? 1 : most / (sockets * dies * cores);
        }
        long product = (long) sockets * dies * cores * threads;
        if (most == 0 && product <= MachineConfig.MOST_VCPUS) {
            most = (int) product;
        }
        if (product != most) {
            throw new ConfigurationException(("Invalid CPU topology: product of the hierarchy must match maxcpus:"
                            + " sockets (%d) * dies (%d) * cores (%d) * threads (%d) != maxcpus (%d)")
                    .formatted(sockets, dies, cores, threads, most));
        }
        if (cpus > most) {
            throw new ConfigurationException("Invalid CPU topology: maxcpus must be equal to or greater than smp:"
                    + " maxcpus (%d) < smp_cpus (%d)".formatted(most, cpus));
        }
        return new Topology(cpus == 0 ? most : cpus, sockets, dies, cores, threads);
    }
}
