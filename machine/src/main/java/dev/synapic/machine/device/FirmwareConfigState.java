// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

/** All state of a fw_cfg device; its items are configuration. dmaAddress is the upper half that was written last. */
public record FirmwareConfigState(int version, int key, int position, long dmaAddress) {
    public static final int CURRENT_VERSION = 1;

    public FirmwareConfigState {
        StateVersions.check("fw_cfg", version, CURRENT_VERSION);
    }
}
