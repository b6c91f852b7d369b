// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import dev.synapic.machine.CpuTopology;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What {@code -smp} says, completed as QEMU since 6.2 does: what is left open becomes cores, then threads. */
record Topology(int cpus, int sockets, int dies, int cores, int threads) {
    private static final List<String> KEYS = List.of("cpus", "sockets", "dies", "cores", "threads", "maxcpus");
    private static final int MOST = 1 << 20;

    static final Topology ONE = new Topology(1, 1, 1, 1, 1);

    CpuTopology packages() {
        return new CpuTopology(dies, cores, threads);
    }

    static Topology parse(String text) {
        Map<String, Integer> given = new HashMap<>();
        KeyValues.each(text, "cpus", (key, value) -> {
            if (!KEYS.contains(key)) {
                throw QemuError.of("Parameter 'smp.%s' is unexpected".formatted(key));
            }
            int number = KeyValues.number("smp." + key, value, MOST);
            if (number == 0) {
                throw QemuError.of("Invalid CPU topology: CPU topology parameters must be greater than zero");
            }
            given.put(key, number);
        });
        return complete(given);
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
        int product = sockets * dies * cores * threads;
        most = most == 0 ? product : most;
        if (product != most) {
            throw QemuError.of(("Invalid CPU topology: product of the hierarchy must match maxcpus:"
                            + " sockets (%d) * dies (%d) * cores (%d) * threads (%d) != maxcpus (%d)")
                    .formatted(sockets, dies, cores, threads, most));
        }
        if (cpus > most) {
            throw QemuError.of("Invalid CPU topology: maxcpus must be equal to or greater than smp:"
                    + " maxcpus (%d) < smp_cpus (%d)".formatted(most, cpus));
        }
        return new Topology(cpus == 0 ? most : cpus, sockets, dies, cores, threads);
    }
}
