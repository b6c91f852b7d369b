// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import dev.synapic.guestmem.GuestMemory;

/** Decoded basic blocks by physical address and mode, shared by all processors of a machine. Skeleton. */
public final class CodeCache {
    public CodeCache(GuestMemory ram) {}
}
