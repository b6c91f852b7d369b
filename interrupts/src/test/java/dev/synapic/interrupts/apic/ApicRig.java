// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicRegister;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** APICs on a bus for tests, with what happened on it. The first APIC is the bootstrap processor's. */
public final class ApicRig implements ApicListener {
    public final ManualClock clock = new ManualClock();
    public final ApicBus bus;
    public final LocalApic[] apics;
    /** As in "0<-fd". */
    public final List<String> carried = new ArrayList<>();

    public final List<String> arrived = new ArrayList<>();
    public final List<String> refused = new ArrayList<>();
    public final List<String> sent = new ArrayList<>();
    public final List<String> ended = new ArrayList<>();

    public ApicRig(ApicModel model, int... ids) {
        bus = new ApicBus(
                (target, request) -> {
                    carried.add(target.x2ApicId() + "<-" + Integer.toHexString(ApicRequest.vector(request)));
                    target.arrive(request);
                },
                this);
        apics = new LocalApic[ids.length];
        for (int i = 0; i < ids.length; i++) {
            apics[i] = new LocalApic(ids[i], i == 0, model, bus, clock, this);
        }
    }

    public ApicRig(int... ids) {
        this(ApicModel.DEFAULT, ids);
    }

    /** Software-enabled APICs in xAPIC mode with ids from 0. */
    public static ApicRig xapic(int count) {
        ApicRig rig = new ApicRig(ids(count));
        for (LocalApic apic : rig.apics) {
            enable(apic);
        }
        return rig;
    }

    /** Software-enabled APICs in x2APIC mode with ids from 0. */
    public static ApicRig x2apic(int count) {
        ApicRig rig = xapic(count);
        for (LocalApic apic : rig.apics) {
            toX2apic(apic);
        }
        return rig;
    }

    public static int[] ids(int count) {
        int[] ids = new int[count];
        for (int i = 0; i < count; i++) {
            ids[i] = i;
        }
        return ids;
    }

    public static void enable(LocalApic apic) {
        if (apic.x2ApicMode()) {
            apic.writeMsr(ApicRegister.msr(ApicRegister.SPURIOUS_VECTOR), 0x1FF);
        } else {
            apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, 0x1FF);
        }
    }

    public static void softwareDisable(LocalApic apic) {
        if (apic.x2ApicMode()) {
            apic.writeMsr(ApicRegister.msr(ApicRegister.SPURIOUS_VECTOR), 0xFF);
        } else {
            apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, 0xFF);
        }
    }

    public static void toX2apic(LocalApic apic) {
        apic.setApicBase(apic.apicBase() | ApicBaseMsr.X2APIC_ENABLE);
    }

    public static void disable(LocalApic apic) {
        apic.setApicBase(apic.apicBase() & ~(ApicBaseMsr.ENABLE | ApicBaseMsr.X2APIC_ENABLE));
    }

    public static void reenable(LocalApic apic) {
        apic.setApicBase(apic.apicBase() | ApicBaseMsr.ENABLE);
    }

    /** The processor takes and ends everything that it can. Returns the vectors in the order taken. */
    public static List<Integer> drain(LocalApic apic) {
        List<Integer> taken = new ArrayList<>();
        for (int v = apic.pendingVector(); v != LocalApic.NO_VECTOR; v = apic.pendingVector()) {
            apic.acknowledge(v);
            apic.eoi();
            taken.add(v);
        }
        return taken;
    }

    /** Which APICs have the vector requested, by x2APIC id. */
    public List<Integer> holders(int vector) {
        List<Integer> holders = new ArrayList<>();
        for (LocalApic apic : apics) {
            if (apic.irr().contains(vector)) {
                holders.add(apic.x2ApicId());
            }
        }
        return holders;
    }

    @Override
    public void sent(@Nullable LocalApic source, long icr, int accepted) {
        String who = source == null ? "device" : Integer.toString(source.x2ApicId());
        sent.add(who + ":" + Long.toHexString(icr) + ":" + accepted);
    }

    @Override
    public void arrived(LocalApic target, int request, boolean coalesced) {
        String text = target.x2ApicId() + "<-" + Integer.toHexString(ApicRequest.vector(request));
        arrived.add(coalesced ? text + " coalesced" : text);
    }

    @Override
    public void refused(LocalApic target, int request) {
        refused.add(target.x2ApicId() + "<-" + Integer.toHexString(ApicRequest.vector(request)));
    }

    @Override
    public void eoi(LocalApic apic, int vector) {
        ended.add(apic.x2ApicId() + ":" + vector);
    }
}
