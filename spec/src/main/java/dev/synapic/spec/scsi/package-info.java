// SPDX-License-Identifier: Apache-2.0
/** SCSI: commands, status and sense codes, as the T10 standards SAM-5, SPC-4 and SBC-3 have them. */
@NullMarked
package dev.synapic.spec.scsi;

import org.jspecify.annotations.NullMarked;
