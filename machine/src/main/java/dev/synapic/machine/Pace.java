// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

/** How virtual time keeps to the wall's. It changes when things happen on the host, and nothing in what the guest sees but when keys arrive. */
public enum Pace {
    /** Not at all: as fast as the host can, and idle time is skipped. */
    FREE,
    /**
     * As {@link #FREE}, but as long as somebody may type, idle time passes as on the wall: a guest that waits for a key waits for it, and
     * does not run through hours of its own time meanwhile.
     */
    IDLE,
    /** Virtual time is never ahead of the wall's; where the host is too slow it falls behind, and does not catch up. */
    REAL
}
