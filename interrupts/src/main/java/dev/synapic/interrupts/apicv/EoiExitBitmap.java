// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apicv;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.VectorBitmap;
import dev.synapic.interrupts.hyperv.SynIc;
import org.jspecify.annotations.Nullable;

/**
 * Which vectors one vCPU may not end without an exit, and which may not be posted.
 *
 * <ul>
 *   <li>Models: the vectors of live SINTs, without which the resampler would miss their EOI; those of interrupt chips and
 *       routes (an {@link EoiExitSource}); auto-EOI vectors are never posted.
 *   <li>Spec: Intel SDM vol. 3C, "EOI-Exit Bitmap"; founding patch, changes v2.
 *   <li>Not modelled: bits that stay from an earlier load. KVM sets no bit for a level that reaches the processor by no
 *       entry of its own, and so loses its broadcast; Xen sets one at acceptance, as here.
 *   <li>Threading: load on the owner vCPU's thread, after {@code SynIcListener.sourcesChanged},
 *       {@code IrqChipListener.eoiExitsChanged} or {@code IoApicListener.entryWritten}, and before it runs again.
 * </ul>
 */
public final class EoiExitBitmap {
    private final VectorBitmap vectors = new VectorBitmap();
    private final VectorBitmap autoEoi = new VectorBitmap();
    private @Nullable LocalApic loaded;

    /** Computes both sets anew, of SINTs alone; null: the vCPU has no SynIC. */
    public void load(@Nullable SynIc synIc) {
        loaded = null;
        vectors.clear();
        loadSints(synIc);
    }

    /** Computes both sets anew, of SINTs and of the interrupt chips ({@code IrqChip::collectEoiExits}). */
    public void load(@Nullable SynIc synIc, LocalApic apic, EoiExitSource chips) {
        loaded = apic;
        vectors.clear();
        chips.collectEoiExits(apic, vectors);
        loadSints(synIc);
    }

    private void loadSints(@Nullable SynIc synIc) {
        autoEoi.clear();
        if (synIc == null) {
            return;
        }
        synIc.collectVectors(vectors);
        synIc.collectAutoEoiVectors(autoEoi);
    }

    /**
     * Whether the EOI of this vector exits. That of a level in service always does: it is broadcast, and any I/O APIC with
     * the vector takes it for its own.
     */
    public boolean exits(int vector) {
        return vectors.contains(vector) || levelInService(vector);
    }

    private boolean levelInService(int vector) {
        return loaded != null && loaded.isr().contains(vector) && loaded.tmr().contains(vector);
    }

    /** Whether an interrupt with this vector may be posted to the vCPU while it runs. */
    public boolean postable(int vector) {
        return !autoEoi.contains(vector);
    }

    /** Vectors 64 * index to 64 * index + 63, as EOI_EXIT_BITMAPn holds them. */
    public long word(int index) {
        return vectors.word(index);
    }
}
