// SPDX-License-Identifier: Apache-2.0
/** Virtual time: who runs next, until when, and requests on their way. */
@NullMarked
package dev.synapic.machine.schedule;

import org.jspecify.annotations.NullMarked;
