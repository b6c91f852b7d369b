// SPDX-License-Identifier: Apache-2.0
/** The host of VMBus: connection, channels, ring buffers; devices are its users. */
@NullMarked
package dev.synapic.vmbus;

import org.jspecify.annotations.NullMarked;
