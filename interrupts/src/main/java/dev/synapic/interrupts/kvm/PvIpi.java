// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicRequest;
import dev.synapic.interrupts.apic.DestinationMap;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.spec.kvm.KvmErrno;
import dev.synapic.spec.x86.Icr;

/**
 * KVM_HC_SEND_IPI: one call sends an IPI to up to 128 processors.
 *
 * <p>Models: two words of a bitmap of physical APIC ids, in both caller widths, counting acceptances. Spec: Linux,
 * Documentation/virt/kvm/x86/hypercalls.rst, and KVM's behaviour where it is silent. Not modelled: KVM's quirk of
 * accepting vectors below 16 and remote read, which count as refused here. Threading: any thread.
 *
 * <p>Targets are served in ascending order within each word, the low word first.
 */
public final class PvIpi {
    private final ApicBus bus;

    /** Sends to the APICs of bus. */
    public PvIpi(ApicBus bus) {
        this.bus = bus;
    }

    /**
     * Sends.
     *
     * @param low bit n stands for APIC id min + n
     * @param high bit n stands for APIC id min + width + n
     * @param min lowest APIC id of the bitmap; 32 bits count, and so does the sum: it wraps as in KVM
     * @param icr low half of an ICR; vector, delivery mode, level and trigger mode count
     * @param wide whether the caller is in 64-bit mode: the width is 64 then, else 32
     * @return how many targets accepted, or a negated {@link KvmErrno}
     */
    public long send(long low, long high, long min, long icr, boolean wide) {
        if ((icr & (Icr.LOGICAL | Icr.SHORTHAND)) != 0) {
            return -KvmErrno.EINVAL;
        }
        // One snapshot answers both words.
        DestinationMap map = bus.map();
        if (map.size() == 0 || map.physicalIdAliased()) {
            return -KvmErrno.EOPNOTSUPP;
        }
        int request = ApicRequest.of(icr);
        int width = wide ? 64 : 32;
        long word = wide ? -1L : 0xFFFF_FFFFL;
        int firstId = (int) min;
        return deliver(map, low & word, firstId, request) + deliver(map, high & word, firstId + width, request);
    }

    /** Ids without a hardware-enabled APIC are holes: skipped and not counted. */
    private long deliver(DestinationMap map, long bits, int firstId, int request) {
        int highest = map.maxApicId();
        if (Integer.compareUnsigned(firstId, highest) > 0) {
            return 0;
        }
        long accepted = 0;
        for (long left = bits; left != 0; left &= left - 1) {
            int id = firstId + Long.numberOfTrailingZeros(left);
            if (id > highest) {
                break;
            }
            LocalApic target = map.physical(id);
            if (target != null) {
                accepted += bus.deliver(target, request);
            }
        }
        return accepted;
    }
}
