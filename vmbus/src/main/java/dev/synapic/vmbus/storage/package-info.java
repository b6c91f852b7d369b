// SPDX-License-Identifier: Apache-2.0
/** Disks on VMBus: StorVSC's controller and the SCSI disks behind it. */
@NullMarked
package dev.synapic.vmbus.storage;

import org.jspecify.annotations.NullMarked;
