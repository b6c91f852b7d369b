// SPDX-License-Identifier: Apache-2.0
/** What a person uses, on VMBus. */
@NullMarked
package dev.synapic.vmbus.input;

import org.jspecify.annotations.NullMarked;
