// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.machine.block.BlockStore;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * A disk of a machine.
 *
 * @param bus where the guest finds it
 * @param store what is on it; whoever opened it closes it
 * @param serial at most 20 characters of ASCII, by which a guest finds it again; empty for none
 * @param queues 1 to 8, or {@link #QUEUE_PER_VCPU}; of no meaning on VMBus
 * @param notices hears in one line of the first failure of the store
 */
public record DiskConfig(Bus bus, BlockStore store, String serial, int queues, Consumer<String> notices) {
    /** Where a disk is. */
    public enum Bus {
        /** By itself, as virtio-blk. */
        PCI,
        /** A logical unit of the SCSI controller on VMBus: {@link PcDevice#VMBUS}. */
        VMBUS
    }

    /** A queue for each virtual CPU, as far as there are so many. */
    public static final int QUEUE_PER_VCPU = 0;

    public static final int MOST_QUEUES = 8;
    public static final int MOST_SERIAL = 20;

    public DiskConfig {
        if (serial.length() > MOST_SERIAL
                || !StandardCharsets.US_ASCII.newEncoder().canEncode(serial)) {
            throw new ConfigurationException(
                    "serial=%s: a disk's serial number has at most %d ASCII characters".formatted(serial, MOST_SERIAL));
        }
        if (queues < 0 || queues > MOST_QUEUES) {
            throw new ConfigurationException("num-queues=%d: a disk has 1 to %d queues".formatted(queues, MOST_QUEUES));
        }
    }

    /** For a machine with so many virtual CPUs. */
    int queuesFor(int vcpus) {
        return queues == QUEUE_PER_VCPU ? Math.min(vcpus, MOST_QUEUES) : queues;
    }
}
