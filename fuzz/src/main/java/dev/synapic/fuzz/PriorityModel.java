// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.spec.x86.ApicError;
import java.util.Arrays;

/** A local APIC's priorities by the words of SDM vol. 3A, 12.8.3 and 12.8.4: a boolean for each bit, no memory of answers. */
final class PriorityModel {
    private static final int VECTORS = 256;
    private static final int NONE = LocalApic.NO_VECTOR;

    private final boolean[] irr = new boolean[VECTORS];
    private final boolean[] isr = new boolean[VECTORS];
    private final boolean[] tmr = new boolean[VECTORS];
    private final boolean[] autoEoi = new boolean[VECTORS];
    private int tpr;
    private boolean hardwareEnabled = true;
    private boolean softwareEnabled;

    boolean send(int vector, boolean level) {
        if (!hardwareEnabled || !softwareEnabled || vector < ApicError.FIRST_LEGAL_VECTOR) {
            return false;
        }
        irr[vector] = true;
        tmr[vector] = level;
        return true;
    }

    int processorPriority() {
        int service = highest(isr);
        int inService = service == NONE ? 0 : service >> 4;
        return tpr >> 4 >= inService ? tpr : inService << 4;
    }

    int pending() {
        int vector = highest(irr);
        return vector != NONE && vector >> 4 > processorPriority() >> 4 ? vector : NONE;
    }

    void acknowledge(int vector) {
        irr[vector] = false;
        isr[vector] = !autoEoi[vector] || isr[vector];
    }

    int end() {
        int vector = highest(isr);
        if (vector != NONE) {
            isr[vector] = false;
        }
        return vector;
    }

    void setTaskPriority(int value) {
        tpr = value;
    }

    void setAutoEoi(int vector, boolean on) {
        autoEoi[vector] = on;
    }

    /** What was accepted stays (SDM vol. 3A, 12.4.7.2). */
    void setSoftwareEnabled(boolean on) {
        softwareEnabled = on;
    }

    /** A disabled APIC forgets; TPR is CR8, and stays. */
    void setHardwareEnabled(boolean on) {
        hardwareEnabled = on;
        forget();
    }

    /** INIT clears TPR too. */
    void init() {
        forget();
        tpr = 0;
    }

    private void forget() {
        Arrays.fill(irr, false);
        Arrays.fill(isr, false);
        Arrays.fill(tmr, false);
        softwareEnabled = false;
    }

    boolean requested(int vector) {
        return irr[vector];
    }

    boolean inService(int vector) {
        return isr[vector];
    }

    boolean level(int vector) {
        return tmr[vector];
    }

    private static int highest(boolean[] bits) {
        for (int vector = VECTORS - 1; vector >= 0; vector--) {
            if (bits[vector]) {
                return vector;
            }
        }
        return NONE;
    }
}
