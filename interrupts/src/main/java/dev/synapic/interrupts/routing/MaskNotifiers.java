// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import java.util.Arrays;

/** Who hears of the masks of which GSI; few, so a list is all it takes. */
final class MaskNotifiers {
    private record Entry(int gsi, MaskNotifier notifier) {}

    private static final Entry[] NONE = {};

    private volatile Entry[] entries = NONE;

    synchronized void add(int gsi, MaskNotifier notifier) {
        Entry[] longer = Arrays.copyOf(entries, entries.length + 1);
        longer[longer.length - 1] = new Entry(gsi, notifier);
        entries = longer;
    }

    synchronized void remove(int gsi, MaskNotifier notifier) {
        Entry gone = new Entry(gsi, notifier);
        entries = Arrays.stream(entries).filter(entry -> !entry.equals(gone)).toArray(Entry[]::new);
    }

    void tell(int gsi, boolean masked) {
        for (Entry entry : entries) {
            if (entry.gsi() == gsi) {
                entry.notifier().masked(gsi, masked);
            }
        }
    }
}
