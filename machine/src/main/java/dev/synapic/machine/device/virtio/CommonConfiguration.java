// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.virtio;

/**
 * The common configuration structure: negotiation of features, device status, and the set-up of queues (Virtio 1.2, 4.1.4.3). It keeps
 * what the driver said; what follows from it is the {@link Listener}'s.
 *
 * <p>Threading: the machine's thread.
 */
final class CommonConfiguration {
    static final int BYTES = 64;
    /** No interrupt for that event. */
    static final int NO_VECTOR = 0xFFFF;

    /** Device status (2.1). */
    static final int DRIVER_OK = 4;

    static final int FEATURES_OK = 8;
    static final int NEEDS_RESET = 64;

    private static final int DEVICE_FEATURE_SELECT = 0;
    private static final int DEVICE_FEATURE = 4;
    private static final int DRIVER_FEATURE_SELECT = 8;
    private static final int DRIVER_FEATURE = 12;
    private static final int CONFIG_VECTOR = 16;
    private static final int NUM_QUEUES = 18;
    private static final int STATUS = 20;
    private static final int CONFIG_GENERATION = 21;
    private static final int QUEUE_SELECT = 22;
    private static final int QUEUE_SIZE = 24;
    private static final int QUEUE_VECTOR = 26;
    private static final int QUEUE_ENABLE = 28;
    private static final int QUEUE_NOTIFY_OFFSET = 30;
    private static final int QUEUE_DESCRIPTORS = 32;
    private static final int QUEUE_DRIVER = 40;
    private static final int QUEUE_DEVICE = 48;

    private static final int FEATURE_WORDS = 2;
    private static final long LOW = 0xFFFF_FFFFL;

    /** What the driver's writes bring about. */
    interface Listener {
        void reset();

        /** DRIVER_OK was set. */
        void driverReady();

        void violated(RingViolation violation);
    }

    private final long offered;
    private final Virtqueue[] queues;
    private final int[] queueVectors;
    private final int vectors;
    private final Listener listener;
    private int deviceFeatureSelect;
    private int driverFeatureSelect;
    private long accepted;
    private int configVector = NO_VECTOR;
    private int status;
    private int queueSelect;

    CommonConfiguration(long offered, Virtqueue[] queues, int vectors, Listener listener) {
        this.offered = offered;
        this.queues = queues;
        this.queueVectors = new int[queues.length];
        this.vectors = vectors;
        this.listener = listener;
        reset();
    }

    void reset() {
        deviceFeatureSelect = 0;
        driverFeatureSelect = 0;
        accepted = 0;
        configVector = NO_VECTOR;
        status = 0;
        queueSelect = 0;
        for (int i = 0; i < queues.length; i++) {
            queueVectors[i] = NO_VECTOR;
            queues[i].reset();
        }
    }

    int configVector() {
        return configVector;
    }

    int queueVector(int queue) {
        return queueVectors[queue];
    }

    /** The driver is ready and the device has not given up. */
    boolean live() {
        return (status & (DRIVER_OK | NEEDS_RESET)) == DRIVER_OK;
    }

    /** Returns whether the driver has to be told: it hears of nothing before DRIVER_OK (2.1.2). */
    boolean needsReset() {
        boolean known = (status & NEEDS_RESET) != 0;
        status |= NEEDS_RESET;
        return !known && (status & DRIVER_OK) != 0;
    }

    // ---- registers

    /** Fields may be read in parts. */
    long read(int offset, int size) {
        int field = fieldAt(offset);
        return LittleEndian.slice(field(field), offset - field, size);
    }

    private static int fieldAt(int offset) {
        if (offset >= QUEUE_DESCRIPTORS) {
            return offset & ~7;
        }
        if (offset < CONFIG_VECTOR) {
            return offset & ~3;
        }
        return offset == CONFIG_GENERATION ? offset : offset & ~1;
    }

    private long field(int field) {
        Virtqueue queue = queueSelect < queues.length ? queues[queueSelect] : null;
        return switch (field) {
            case DEVICE_FEATURE_SELECT -> deviceFeatureSelect & LOW;
            case DEVICE_FEATURE -> word(offered, deviceFeatureSelect);
            case DRIVER_FEATURE_SELECT -> driverFeatureSelect & LOW;
            case DRIVER_FEATURE -> word(accepted, driverFeatureSelect);
            case CONFIG_VECTOR -> configVector;
            case NUM_QUEUES -> queues.length;
            case STATUS -> status;
            case QUEUE_SELECT -> queueSelect;
            // A queue that is not there has size 0 (4.1.4.3.1).
            case QUEUE_SIZE -> queue == null ? 0 : queue.size();
            case QUEUE_VECTOR -> queue == null ? NO_VECTOR : queueVectors[queueSelect];
            case QUEUE_ENABLE -> queue != null && queue.enabled() ? 1 : 0;
            case QUEUE_NOTIFY_OFFSET -> queue == null ? 0 : queueSelect;
            case QUEUE_DESCRIPTORS -> queue == null ? 0 : queue.descriptors();
            case QUEUE_DRIVER -> queue == null ? 0 : queue.available();
            case QUEUE_DEVICE -> queue == null ? 0 : queue.used();
            default -> 0;
        };
    }

    private static long word(long features, int select) {
        return Integer.compareUnsigned(select, FEATURE_WORDS) < 0 ? features >>> 32 * select & LOW : 0;
    }

    void write(int offset, int size, long value) {
        if (offset >= QUEUE_SIZE) {
            writeQueue(offset, size, value);
            return;
        }
        switch (offset) {
            case DEVICE_FEATURE_SELECT -> deviceFeatureSelect = (int) value;
            case DRIVER_FEATURE_SELECT -> driverFeatureSelect = (int) value;
            case DRIVER_FEATURE -> accept(value & LOW);
            case CONFIG_VECTOR -> configVector = vector(value);
            case STATUS -> setStatus((int) value & 0xFF);
            case QUEUE_SELECT -> queueSelect = (int) value & 0xFFFF;
            default -> {
                // Read-only.
            }
        }
    }

    private void accept(long word) {
        if ((status & FEATURES_OK) == 0 && Integer.compareUnsigned(driverFeatureSelect, FEATURE_WORDS) < 0) {
            int shift = 32 * driverFeatureSelect;
            accepted = accepted & ~(LOW << shift) | word << shift;
        }
    }

    /** A vector that is not there reads back as none (4.1.5.1.2). */
    private int vector(long value) {
        return value < vectors ? (int) value : NO_VECTOR;
    }

    private void setStatus(int value) {
        if (value == 0) {
            listener.reset();
            return;
        }
        int before = status;
        // The driver takes no bit away (2.1.1).
        status |= value & ~NEEDS_RESET;
        if ((status & ~before & FEATURES_OK) != 0) {
            negotiate();
        }
        if ((status & ~before & DRIVER_OK) != 0 && live()) {
            listener.driverReady();
        }
    }

    /**
     * FEATURES_OK stays off where the driver takes what is not offered, or leaves what the device cannot do without: version 1, and
     * addresses through the remapping unit where there is one (3.1.1, 6.2).
     */
    private void negotiate() {
        long needed = offered & (VirtioFeature.VERSION_1 | VirtioFeature.ACCESS_PLATFORM);
        if ((accepted & ~offered) != 0 || (accepted & needed) != needed) {
            status &= ~FEATURES_OK;
            return;
        }
        for (Virtqueue queue : queues) {
            queue.negotiated(accepted);
        }
    }

    private void writeQueue(int offset, int size, long value) {
        if (queueSelect >= queues.length) {
            return;
        }
        Virtqueue queue = queues[queueSelect];
        switch (offset) {
            case QUEUE_SIZE -> queue.setSize((int) value & 0xFFFF);
            case QUEUE_VECTOR -> queueVectors[queueSelect] = vector(value);
            case QUEUE_ENABLE -> enable(queue, value);
            default -> writeAddress(queue, offset, size, value);
        }
    }

    private void enable(Virtqueue queue, long value) {
        if (value != 1 || queue.enabled()) {
            return;
        }
        try {
            queue.enable();
        } catch (RingViolation violation) {
            listener.violated(violation);
        }
    }

    /** 64-bit fields are written whole or in halves (4.1.3.1). */
    private static void writeAddress(Virtqueue queue, int offset, int size, long value) {
        switch (offset & ~7) {
            case QUEUE_DESCRIPTORS -> queue.setDescriptors(merged(queue.descriptors(), offset, size, value));
            case QUEUE_DRIVER -> queue.setAvailable(merged(queue.available(), offset, size, value));
            case QUEUE_DEVICE -> queue.setUsed(merged(queue.used(), offset, size, value));
            default -> {
                // Read-only, or nothing.
            }
        }
    }

    private static long merged(long field, int offset, int size, long value) {
        if (size == 8) {
            return value;
        }
        if (size != 4) {
            return field;
        }
        return (offset & 4) == 0 ? field & ~LOW | value & LOW : field & LOW | value << 32;
    }
}
