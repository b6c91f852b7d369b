// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.iommu;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.msi.MsiPort;
import dev.synapic.spec.x86.VtdRegister;

/**
 * The queue in guest memory by which software asks for invalidations and waits for them.
 *
 * <p>Models: descriptors of 128 bits: context cache, IOTLB, interrupt entry cache, wait with status write and with
 * interrupt. Spec: VT-d, 6.5.2; 10.4.21 to 10.4.29. Since nothing is cached, an invalidation is complete once its
 * descriptor is found valid. Not modelled: device TLBs (ECAP.DT is 0), descriptors of 256 bits. A write to the tail
 * processes at most one turn of the queue.
 */
final class InvalidationQueue {
    private static final int DESCRIPTOR_SHIFT = 4;
    private static final int POINTER_BITS = 0x7_FFF0;
    private static final long ADDRESS_BITS = ~0xFFFL;
    /** Base address and size; without bit 11, which asks for wide descriptors. */
    private static final long QUEUE_BITS = ADDRESS_BITS | 7;

    private static final int CONTEXT = 1;
    private static final int IOTLB = 2;
    private static final int INTERRUPT_ENTRIES = 4;
    private static final int WAIT = 5;

    private static final long CONTEXT_RESERVED = 0xFFFC_0000_0000_FFC0L;
    private static final long IOTLB_RESERVED = 0xFFFF_FFFF_0000_FF00L;
    private static final long IOTLB_RESERVED_HIGH = 0xF80;
    private static final long INTERRUPT_RESERVED = 0xFFFF_0000_07FF_FFE0L;
    private static final long WAIT_RESERVED = 0xFFFF_FF80L;
    private static final int WAIT_INTERRUPT = 1 << 4;
    private static final int WAIT_STATUS = 1 << 5;

    private static final int GRANULARITY = 3 << 4;
    private static final int PAGE_SELECTIVE = 3 << 4;
    private static final int ADDRESS_MASK = 0x3F;
    private static final int WAIT_COMPLETE = 1;

    private final GuestMemory ram;
    private final FaultLog faults;
    private final boolean interruptRemapping;
    private final EventMessage event;

    private boolean enabled;
    private long queue;
    private int head;
    private int tail;
    private boolean waitComplete;

    InvalidationQueue(GuestMemory ram, FaultLog faults, MsiPort messages, boolean interruptRemapping) {
        this.ram = ram;
        this.faults = faults;
        this.interruptRemapping = interruptRemapping;
        this.event = new EventMessage(messages);
    }

    EventMessage event() {
        return event;
    }

    void enable(boolean on) {
        if (on == enabled) {
            return;
        }
        enabled = on;
        head = 0;
        process();
    }

    int read(int offset) {
        return switch (offset) {
            case VtdRegister.QUEUE_HEAD -> head;
            case VtdRegister.QUEUE_TAIL -> tail;
            case VtdRegister.QUEUE_ADDRESS -> (int) queue;
            case VtdRegister.QUEUE_ADDRESS + 4 -> (int) (queue >>> 32);
            case VtdRegister.COMPLETION_STATUS -> waitComplete ? WAIT_COMPLETE : 0;
            default -> 0;
        };
    }

    void write(int offset, int value) {
        switch (offset) {
            case VtdRegister.QUEUE_TAIL -> {
                tail = value & POINTER_BITS;
                process();
            }
            case VtdRegister.QUEUE_ADDRESS, VtdRegister.QUEUE_ADDRESS + 4 ->
                queue = RemappingUnit.half(queue, offset, value) & QUEUE_BITS;
            case VtdRegister.COMPLETION_STATUS -> {
                if ((value & WAIT_COMPLETE) != 0) {
                    waitComplete = false;
                    event.withdraw();
                }
            }
            default -> {
                // Read-only.
            }
        }
    }

    /** Goes on until nothing is left or something is wrong; the head then stays at what is wrong. */
    void process() {
        int bytes = GuestMemory.PAGE_SIZE << (int) (queue & 7);
        if (!enabled || faults.hasQueueError() || head == tail) {
            return;
        }
        if (tail >= bytes || head >= bytes) {
            faults.queueError();
            return;
        }
        while (head != tail) {
            long at = (queue & ADDRESS_BITS) + head;
            if (!ram.contains(at, 1 << DESCRIPTOR_SHIFT) || !execute(ram.getLong(at), ram.getLong(at + 8))) {
                faults.queueError();
                return;
            }
            head = head + (1 << DESCRIPTOR_SHIFT) & bytes - 1;
        }
    }

    /** Returns false for a descriptor that is none. The type is bits 3:0, and 11:9, which are 0 in all these types. */
    private boolean execute(long low, long high) {
        return switch ((int) low & 0xF) {
            case CONTEXT -> (low & CONTEXT_RESERVED) == 0 && high == 0 && hasGranularity(low);
            case IOTLB -> isIotlb(low, high);
            case INTERRUPT_ENTRIES ->
                interruptRemapping && (low & INTERRUPT_RESERVED) == 0 && high == 0 && maskFits(low);
            case WAIT -> (low & WAIT_RESERVED) == 0 && (high & 3) == 0 && complete((int) low, (int) (low >>> 32), high);
            default -> false;
        };
    }

    private static boolean hasGranularity(long low) {
        return (low & GRANULARITY) != 0;
    }

    private static boolean isIotlb(long low, long high) {
        boolean pageSelective = (low & GRANULARITY) == PAGE_SELECTIVE;
        return (low & IOTLB_RESERVED) == 0
                && hasGranularity(low)
                && (high & IOTLB_RESERVED_HIGH) == 0
                && (!pageSelective || (high & ADDRESS_MASK) <= Capabilities.MAX_ADDRESS_MASK);
    }

    /** Bits 31:27 say how many low bits of the index are ignored; a global invalidation does not look at them. */
    private static boolean maskFits(long low) {
        boolean indexSelective = (low & 1 << 4) != 0;
        return !indexSelective || (low >>> 27 & 0x1F) <= Capabilities.MAX_HANDLE_MASK;
    }

    private boolean complete(int flags, int status, long address) {
        if ((flags & WAIT_STATUS) != 0) {
            if (!ram.contains(address, 4)) {
                return false;
            }
            ram.putInt(address, status);
        }
        if ((flags & WAIT_INTERRUPT) != 0 && !waitComplete) {
            waitComplete = true;
            event.raise();
        }
        return true;
    }

    IommuState.Queue save() {
        return new IommuState.Queue(enabled, queue, head, tail, waitComplete, event.save());
    }

    void restore(IommuState.Queue state) {
        enabled = state.enabled();
        queue = state.queue();
        head = state.head();
        tail = state.tail();
        waitComplete = state.waitComplete();
        event.restore(state.event());
    }
}
