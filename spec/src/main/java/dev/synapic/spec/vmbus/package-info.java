// SPDX-License-Identifier: Apache-2.0
/** VMBus: channel messages, ring buffers, packets. Linux, include/linux/hyperv.h, is the public description. */
@NullMarked
package dev.synapic.spec.vmbus;

import org.jspecify.annotations.NullMarked;
