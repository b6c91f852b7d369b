// SPDX-License-Identifier: Apache-2.0
/** Architectural x86 vocabulary (Intel SDM, AMD APM). */
@NullMarked
package dev.synapic.spec.x86;

import org.jspecify.annotations.NullMarked;
