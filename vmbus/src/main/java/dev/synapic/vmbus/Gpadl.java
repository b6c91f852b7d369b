// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus;

import dev.synapic.guestmem.GuestMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A guest physical address descriptor list, which arrives in a header and bodies. */
final class Gpadl {
    private final int relid;
    private final int rangeCount;
    private final ByteBuffer description;
    private @Nullable List<GuestBuffer> ranges;

    /** bytes is 0 to 65535. */
    Gpadl(int relid, int bytes, int rangeCount) {
        this.relid = relid;
        this.rangeCount = rangeCount;
        this.description = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    int relid() {
        return relid;
    }

    /** Takes what still belongs to the list; the rest of the message is filling. */
    void add(ByteBuffer more) {
        int take = Math.min(more.remaining(), description.remaining());
        description.put(more.slice(more.position(), take));
    }

    boolean isComplete() {
        return !description.hasRemaining();
    }

    /** False where the list makes no sense. */
    boolean resolve(GuestMemory memory) {
        description.flip();
        ranges = rangeCount < 1 ? null : GuestBuffer.parse(description, rangeCount, memory);
        return ranges != null;
    }

    /** The one range of whole pages that a ring buffer needs, or null. */
    @Nullable
    GuestBuffer wholePages() {
        List<GuestBuffer> resolved = ranges;
        if (resolved == null || resolved.size() != 1) {
            return null;
        }
        GuestBuffer one = resolved.getFirst();
        return one.isWholePages() ? one : null;
    }
}
