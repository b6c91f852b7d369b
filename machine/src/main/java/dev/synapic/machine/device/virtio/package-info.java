// SPDX-License-Identifier: Apache-2.0
/** Virtio devices on PCI: the transport, its queues, and a class for each kind of device. */
@NullMarked
package dev.synapic.machine.device.virtio;

import org.jspecify.annotations.NullMarked;
