// SPDX-License-Identifier: Apache-2.0
/** The integration services of a Hyper-V guest: small devices on VMBus that ask the guest's operating system. */
@NullMarked
package dev.synapic.vmbus.integration;

import org.jspecify.annotations.NullMarked;
