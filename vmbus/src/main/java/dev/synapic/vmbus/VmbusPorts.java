// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.hyperv.ConnectionTable;
import dev.synapic.interrupts.hyperv.SlotTurns;
import dev.synapic.interrupts.hyperv.SynIcPages;
import dev.synapic.interrupts.routing.SintGsiAllocator;

/** What the bus uses of its machine: the VMM's side of the fabric, RAM and time. */
public record VmbusPorts(
        SintGsiAllocator lines,
        SlotTurns turns,
        SynIcPages pages,
        ConnectionTable connections,
        GuestMemory memory,
        VmbusClock clock) {}
