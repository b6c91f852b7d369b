// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.pci;

import dev.synapic.machine.device.StateVersions;
import java.util.List;

/** All state of a PCI bus; what is mapped and which lines are up follows from it. address is the configuration address port. */
public record PciState(int version, int address, List<Function> functions) {
    public static final int CURRENT_VERSION = 1;

    public PciState {
        StateVersions.check("PCI bus", version, CURRENT_VERSION);
        functions = List.copyOf(functions);
    }

    /**
     * A function's part.
     *
     * @param space configuration space, without the BARs
     * @param barAddresses of the BARs that it has, by index
     * @param requests whether the device asserts its pin
     */
    public record Function(int devfn, List<Integer> space, List<Long> barAddresses, boolean requests) {
        public Function {
            if (space.size() != PciFunction.BYTES) {
                throw new IllegalArgumentException("PCI configuration space has %d bytes, the state has %d"
                        .formatted(PciFunction.BYTES, space.size()));
            }
            space = List.copyOf(space);
            barAddresses = List.copyOf(barAddresses);
        }
    }
}
