// SPDX-License-Identifier: Apache-2.0
/** The VT-d remapping unit: which memory and which processors a device may reach. */
@NullMarked
package dev.synapic.machine.device.iommu;

import org.jspecify.annotations.NullMarked;
