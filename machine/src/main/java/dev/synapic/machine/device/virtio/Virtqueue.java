// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.virtio;

import dev.synapic.machine.bus.BusMaster;
import org.jspecify.annotations.Nullable;

/**
 * A split virtqueue, the device's side.
 *
 * <ul>
 *   <li>Models: descriptor table, available and used ring, indirect descriptors, event indices or flags for both notifications.
 *   <li>Spec: Virtio 1.2, 2.6 and 2.7.
 *   <li>Not modelled: packed rings, in-order use, a queue's own reset; none is offered.
 *   <li>Threading: the machine's thread.
 * </ul>
 *
 * <p>Nothing that the driver writes is trusted: indices, links and lengths are checked, addresses by the {@link BusMaster}, and in one
 * turn the device uses at most as many buffers as the ring can hold.
 */
final class Virtqueue {
    /** The largest queue of any device here; a power of two. */
    static final int MOST_SIZE = 256;

    private static final int DESCRIPTOR_ALIGNMENT = 16;
    private static final int AVAILABLE_ALIGNMENT = 2;
    private static final int USED_ALIGNMENT = 4;

    /** Both rings: flags, index, then the entries. */
    private static final int INDEX = 2;

    private static final int RING = 4;
    private static final int AVAILABLE_ENTRY_BYTES = 2;
    private static final int USED_ENTRY_BYTES = 8;
    private static final int NO_INTERRUPT = 1;
    private static final int INDEX_MASK = 0xFFFF;

    private final BusMaster memory;
    private final DescriptorChain chain;
    private final byte[] scratch = new byte[USED_ENTRY_BYTES];
    private int size = MOST_SIZE;
    private long descriptors;
    private long available;
    private long used;
    private boolean enabled;
    private boolean indirect;
    private boolean eventIndex;
    /** Of the available ring: the next entry to take, and where this turn ends. */
    private int next;

    private int turnEnd;
    private int usedIndex;
    /** The used index when the driver was last told. */
    private int toldIndex;

    Virtqueue(BusMaster memory) {
        this.memory = memory;
        this.chain = new DescriptorChain(memory);
    }

    void reset() {
        size = MOST_SIZE;
        descriptors = 0;
        available = 0;
        used = 0;
        enabled = false;
        next = 0;
        turnEnd = 0;
        usedIndex = 0;
        toldIndex = 0;
    }

    // ---- what the transport's registers hold

    int size() {
        return size;
    }

    /** A power of two that the queue has room for; others are ignored. */
    void setSize(int entries) {
        if (!enabled && entries <= MOST_SIZE && Integer.bitCount(entries) == 1) {
            size = entries;
        }
    }

    long descriptors() {
        return descriptors;
    }

    long available() {
        return available;
    }

    long used() {
        return used;
    }

    void setDescriptors(long address) {
        descriptors = enabled ? descriptors : address;
    }

    void setAvailable(long address) {
        available = enabled ? available : address;
    }

    void setUsed(long address) {
        used = enabled ? used : address;
    }

    boolean enabled() {
        return enabled;
    }

    /** From now on it is in use as it was set up. */
    void enable() throws RingViolation {
        if (descriptors % DESCRIPTOR_ALIGNMENT != 0
                || available % AVAILABLE_ALIGNMENT != 0
                || used % USED_ALIGNMENT != 0) {
            throw new RingViolation("a ring that is not aligned");
        }
        enabled = true;
    }

    /** What was negotiated. */
    void negotiated(long features) {
        indirect = (features & VirtioFeature.INDIRECT_DESC) != 0;
        eventIndex = (features & VirtioFeature.EVENT_IDX) != 0;
    }

    // ---- what a device does

    /** Begins a turn: the device will see what is available now, not what comes meanwhile. */
    void beginTurn() throws RingViolation {
        turnEnd = availableIndex();
    }

    private int availableIndex() throws RingViolation {
        int index = get16(available + INDEX);
        if ((index - next & INDEX_MASK) > size) {
            throw new RingViolation("more buffers than the available ring has");
        }
        return index;
    }

    /** Takes the next request of this turn, or returns null. It is valid until the next call, and given back by {@link #use}. */
    @Nullable
    DescriptorChain take() throws RingViolation {
        if (next == turnEnd) {
            return null;
        }
        int head = get16(available + RING + (long) AVAILABLE_ENTRY_BYTES * (next & size - 1));
        if (head >= size) {
            throw new RingViolation("a head beyond the table");
        }
        chain.follow(descriptors, size, head, indirect);
        next = next + 1 & INDEX_MASK;
        return chain;
    }

    /** Gives a request back; written is how many bytes of its writable part are filled. */
    void use(DescriptorChain request, long written) throws RingViolation {
        LittleEndian.put32(scratch, 0, request.head());
        LittleEndian.put32(scratch, 4, (int) written);
        put(used + RING + (long) USED_ENTRY_BYTES * (usedIndex & size - 1), USED_ENTRY_BYTES);
        usedIndex = usedIndex + 1 & INDEX_MASK;
        LittleEndian.put16(scratch, 0, usedIndex);
        put(used + INDEX, 2);
    }

    /**
     * Ends a turn: asks the driver to tell of the next buffer (2.7.10), and returns whether there is one already.
     */
    boolean endTurn() throws RingViolation {
        if (eventIndex) {
            LittleEndian.put16(scratch, 0, next);
            put(used + RING + (long) USED_ENTRY_BYTES * size, 2);
        }
        return availableIndex() != next;
    }

    /** Whether the device took all that the turn offered it. */
    boolean turnIsOver() {
        return next == turnEnd;
    }

    /** Whether the driver wants to hear of what was used since it was told last (2.7.7); it counts as told. */
    boolean tellsDriver() throws RingViolation {
        int before = toldIndex;
        toldIndex = usedIndex;
        if (usedIndex == before) {
            return false;
        }
        if (!eventIndex) {
            return (get16(available) & NO_INTERRUPT) == 0;
        }
        int event = get16(available + RING + (long) AVAILABLE_ENTRY_BYTES * size);
        return (usedIndex - event - 1 & INDEX_MASK) < (usedIndex - before & INDEX_MASK);
    }

    private int get16(long address) throws RingViolation {
        if (!memory.read(address, scratch, 0, 2)) {
            throw new RingViolation("a ring outside of memory");
        }
        return LittleEndian.get16(scratch, 0);
    }

    private void put(long address, int bytes) throws RingViolation {
        if (!memory.write(address, scratch, 0, bytes)) {
            throw new RingViolation("a ring outside of memory");
        }
    }
}
