// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.spec.hyperv.HvMsr;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a VMM knows of its guests' SynIC pages: the values that came with the last page exit of each VP.
 *
 * <p>Threading: any thread; a change is one reference, so that control and pages always belong together.
 */
public final class SynIcPages implements SynIcListener {
    /** Raw register values. */
    private record Seen(long control, long evtPage, long msgPage) {}

    private static final Seen NOTHING = new Seen(0, 0, 0);

    private final AtomicReferenceArray<@Nullable Seen> byVpIndex;
    private final CopyOnWriteArrayList<IntConsumer> watchers = new CopyOnWriteArrayList<>();

    /** Room for VP indices 0 to maxVps - 1; all pages are disabled until told. */
    public SynIcPages(int maxVps) {
        byVpIndex = new AtomicReferenceArray<>(maxVps);
    }

    /** Whether the machine may have such a VP. */
    public boolean exists(int vpIndex) {
        return vpIndex >= 0 && vpIndex < byVpIndex.length();
    }

    /** SIMP where the guest has enabled its SynIC, else 0, which is a disabled page. */
    public long simp(int vpIndex) {
        Seen seen = seen(vpIndex);
        return (seen.control & 1) != 0 ? seen.msgPage : 0;
    }

    /** SIEFP where the guest has enabled its SynIC, else 0. */
    public long siefp(int vpIndex) {
        Seen seen = seen(vpIndex);
        return (seen.control & 1) != 0 ? seen.evtPage : 0;
    }

    /** Calls watcher with the VP index after each change. */
    public void watch(IntConsumer watcher) {
        watchers.add(watcher);
    }

    /** Takes a watcher off, which may still be called once on another thread. */
    public void unwatch(IntConsumer watcher) {
        watchers.remove(watcher);
    }

    /** Reads the registers, as a VMM does after it has restored a guest: a restore makes no page exits. */
    public void refresh(SynIc synIc) {
        restore(synIc);
        tell(synIc.vpIndex());
    }

    /** As {@link #refresh}, but watchers hear nothing: where their state is restored too, nobody may post yet. */
    public void restore(SynIc synIc) {
        Seen seen = new Seen(
                synIc.hostRead(HvMsr.HV_X64_MSR_SCONTROL),
                synIc.hostRead(HvMsr.HV_X64_MSR_SIEFP),
                synIc.hostRead(HvMsr.HV_X64_MSR_SIMP));
        byVpIndex.set(synIc.vpIndex(), seen);
    }

    @Override
    public void pagesChanged(SynIc synIc, int msr, long control, long evtPage, long msgPage) {
        byVpIndex.set(synIc.vpIndex(), new Seen(control, evtPage, msgPage));
        tell(synIc.vpIndex());
    }

    private void tell(int vpIndex) {
        for (IntConsumer watcher : watchers) {
            watcher.accept(vpIndex);
        }
    }

    private Seen seen(int vpIndex) {
        Seen seen = exists(vpIndex) ? byVpIndex.get(vpIndex) : null;
        return seen == null ? NOTHING : seen;
    }
}
