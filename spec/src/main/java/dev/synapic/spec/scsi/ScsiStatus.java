// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.scsi;

/** How a command ended (SAM-5, 5.3.1). */
public final class ScsiStatus {
    public static final int GOOD = 0x00;
    public static final int CHECK_CONDITION = 0x02;

    private ScsiStatus() {}
}
