// SPDX-License-Identifier: Apache-2.0
/** What the package says about threads, under jcstress. */
@NullMarked
package dev.synapic.interrupts.kvm;

import org.jspecify.annotations.NullMarked;
