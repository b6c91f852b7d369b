// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicMode;
import dev.synapic.spec.x86.GeneralProtectionFault;

/**
 * Mode, ids and logical destination of a local APIC, and their publication to senders.
 *
 * <p>Models: IA32_APIC_BASE with its legal transitions; APIC id, LDR and DFR in both modes. Spec: SDM vol. 3A, 12.4.4,
 * 12.4.6, 12.6.2.2 and 12.12.5. Not modelled: the place of the register page, which the machine's bus looks up.
 * Threading: the owner changes, any thread reads {@link #address}.
 */
final class ApicIdentity {
    private final int initialApicId;
    private final boolean bootstrap;
    private final ApicModel model;
    private final ApicBus bus;
    private long base;
    private volatile ApicAddress address;

    ApicIdentity(int initialApicId, boolean bootstrap, ApicModel model, ApicBus bus) {
        this.initialApicId = initialApicId;
        this.bootstrap = bootstrap;
        this.model = model;
        this.bus = bus;
        this.base = baseAfterReset();
        this.address = afterReset(ApicMode.XAPIC);
    }

    /** The latest published address: the only copy of what it holds. */
    ApicAddress address() {
        return address;
    }

    long base() {
        return base;
    }

    /** Throws #GP for reserved bits and illegal transitions; otherwise the mode is the new one. */
    void setBase(long value) {
        ApicBaseMsr next = new ApicBaseMsr(value);
        ApicMode from = address.mode();
        ApicMode to = next.mode();
        boolean illegal = (from == ApicMode.X2APIC && to == ApicMode.XAPIC)
                || (from == ApicMode.DISABLED && to == ApicMode.X2APIC);
        if ((value & reserved()) != 0 || !next.valid() || illegal) {
            throw GeneralProtectionFault.generalProtection();
        }
        base = value;
        if (from == to) {
            return;
        }
        ApicAddress now = address;
        if (to == ApicMode.X2APIC) {
            int ldr = ApicAddress.x2apicLdr(initialApicId);
            publish(new ApicAddress(to, now.xapicId(), initialApicId, ldr, -1, now.softwareEnabled()));
        } else {
            publish(afterReset(to));
        }
    }

    private long reserved() {
        return ApicBaseMsr.reserved(model.physicalAddressBits()) | (model.x2apic() ? 0 : ApicBaseMsr.X2APIC_ENABLE);
    }

    /** INIT leaves mode, base and ids alone, so that LDR of x2APIC mode stays what it derives from. */
    void init() {
        ApicAddress now = address;
        int ldr = now.x2apic() ? now.ldr() : 0;
        publish(new ApicAddress(now.mode(), now.xapicId(), initialApicId, ldr, -1, false));
    }

    void reset() {
        base = baseAfterReset();
        publish(afterReset(ApicMode.XAPIC));
    }

    LocalApicState.Ids save() {
        ApicAddress now = address;
        return new LocalApicState.Ids(now.xapicId(), now.ldr(), now.dfr());
    }

    /** Takes all over, whatever the mode was. */
    void restore(long value, LocalApicState.Ids ids, boolean softwareEnabled) {
        if ((value & reserved()) != 0 || !new ApicBaseMsr(value).valid()) {
            throw new IllegalArgumentException("IA32_APIC_BASE of the state is 0x" + Long.toHexString(value)
                    + ", which this APIC cannot have; give it the model that was saved");
        }
        base = value;
        ApicMode mode = new ApicBaseMsr(value).mode();
        int xapicId = ids.xapicId() & 0xFF;
        publish(
                switch (mode) {
                    case X2APIC ->
                        new ApicAddress(
                                mode,
                                xapicId,
                                initialApicId,
                                ApicAddress.x2apicLdr(initialApicId),
                                -1,
                                softwareEnabled);
                    case XAPIC ->
                        new ApicAddress(
                                mode,
                                xapicId,
                                initialApicId,
                                ids.ldr() & ApicRegisters.XAPIC_ID_BITS,
                                ids.dfr() | ApicRegisters.DFR_ONES,
                                softwareEnabled);
                    case DISABLED -> afterReset(mode);
                });
    }

    void setXapicId(int id) {
        ApicAddress now = address;
        publish(new ApicAddress(now.mode(), id, initialApicId, now.ldr(), now.dfr(), now.softwareEnabled()));
    }

    void setLogicalDestination(int ldr) {
        ApicAddress now = address;
        publish(new ApicAddress(now.mode(), now.xapicId(), initialApicId, ldr, now.dfr(), now.softwareEnabled()));
    }

    void setDestinationFormat(int dfr) {
        ApicAddress now = address;
        publish(new ApicAddress(now.mode(), now.xapicId(), initialApicId, now.ldr(), dfr, now.softwareEnabled()));
    }

    void setSoftwareEnabled(boolean enabled) {
        ApicAddress now = address;
        publish(new ApicAddress(now.mode(), now.xapicId(), initialApicId, now.ldr(), now.dfr(), enabled));
    }

    private void publish(ApicAddress next) {
        if (!next.equals(address)) {
            address = next;
            bus.addressChanged();
        }
    }

    private ApicAddress afterReset(ApicMode mode) {
        return new ApicAddress(mode, initialApicId & 0xFF, initialApicId, 0, -1, false);
    }

    private long baseAfterReset() {
        return ApicBaseMsr.DEFAULT_BASE | ApicBaseMsr.ENABLE | (bootstrap ? ApicBaseMsr.BOOTSTRAP : 0);
    }
}
