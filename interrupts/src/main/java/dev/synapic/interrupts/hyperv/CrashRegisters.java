// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.spec.hyperv.HvCrashControl;
import dev.synapic.spec.hyperv.HvMsr;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * The crash registers of a machine.
 *
 * <ul>
 *   <li>Models: P0 to P4; CTL, whose reading tells the two actions that there are, and whose writing reports a crash,
 *       with the message that P3 and P4 point at where one is announced.
 *   <li>Spec: TLFS, "Partition Crash Enlightenment".
 *   <li>Not modelled: the pre-OS and no-dump bits of CTL, which are ignored.
 *   <li>Threading: any vCPU's thread.
 * </ul>
 */
final class CrashRegisters {
    private static final long CAPABILITIES = HvCrashControl.CRASH_NOTIFY | HvCrashControl.CRASH_MESSAGE;

    private final GuestMemory memory;
    private final PartitionPort port;
    private final AtomicLongArray parameters = new AtomicLongArray(HvCrashControl.PARAMETERS);

    CrashRegisters(GuestMemory memory, PartitionPort port) {
        this.memory = memory;
        this.port = port;
    }

    long read(int msr) {
        return msr == HvMsr.HV_X64_MSR_CRASH_CTL ? CAPABILITIES : parameters.get(msr - HvMsr.HV_X64_MSR_CRASH_P0);
    }

    void write(int msr, long value) {
        if (msr != HvMsr.HV_X64_MSR_CRASH_CTL) {
            parameters.set(msr - HvMsr.HV_X64_MSR_CRASH_P0, value);
        } else if ((value & HvCrashControl.CRASH_NOTIFY) != 0) {
            port.crashed(new GuestCrash(save(), (value & HvCrashControl.CRASH_MESSAGE) != 0 ? message() : null));
        }
    }

    /** Null where what the guest points at is not RAM; never more than one page's worth. */
    private @Nullable String message() {
        long gpa = parameters.get(3);
        long announced = parameters.get(4);
        boolean tooLong = Long.compareUnsigned(announced, HvCrashControl.MAX_MESSAGE_BYTES) > 0;
        int bytes = tooLong ? HvCrashControl.MAX_MESSAGE_BYTES : (int) announced;
        if (!memory.contains(gpa, bytes)) {
            return null;
        }
        byte[] text = new byte[bytes];
        memory.getBytes(gpa, text, 0, bytes);
        return new String(text, StandardCharsets.UTF_8);
    }

    List<Long> save() {
        List<Long> values = new ArrayList<>(HvCrashControl.PARAMETERS);
        for (int i = 0; i < HvCrashControl.PARAMETERS; i++) {
            values.add(parameters.get(i));
        }
        return values;
    }

    void restore(List<Long> values) {
        for (int i = 0; i < HvCrashControl.PARAMETERS; i++) {
            parameters.set(i, values.get(i));
        }
    }

    void reset() {
        for (int i = 0; i < HvCrashControl.PARAMETERS; i++) {
            parameters.set(i, 0);
        }
    }
}
