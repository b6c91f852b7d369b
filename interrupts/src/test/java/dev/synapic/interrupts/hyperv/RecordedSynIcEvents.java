// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import java.util.ArrayList;
import java.util.List;

/** Keeps what SynICs tell, as short lines. */
final class RecordedSynIcEvents implements SynIcListener {
    final List<String> pages = new ArrayList<>();
    final List<String> acks = new ArrayList<>();
    final List<String> raises = new ArrayList<>();
    final List<String> produced = new ArrayList<>();
    int sourceChanges;

    @Override
    public void pagesChanged(SynIc synIc, int msr, long control, long evtPage, long msgPage) {
        pages.add("%x: %x %x %x".formatted(msr, control, evtPage, msgPage));
    }

    @Override
    public void sourcesChanged(SynIc synIc) {
        sourceChanges++;
    }

    @Override
    public void sintAcknowledged(SynIc synIc, int sint, Cause cause) {
        acks.add(synIc.vpIndex() + ":" + sint + " " + cause);
    }

    @Override
    public void raised(SynIc synIc, int sint, int vector, int result) {
        raises.add("%d:%d %x %d".formatted(synIc.vpIndex(), sint, vector, result));
    }

    @Override
    public void messagePosted(SynIc synIc, int sint, SynIcMessage message, MessageSlot.Post result) {
        produced.add("message " + sint + " " + result);
    }

    @Override
    public void flagSet(SynIc synIc, int sint, int flag, EventFlags.Signal result) {
        produced.add("flag " + sint + "." + flag + " " + result);
    }
}
