// SPDX-License-Identifier: Apache-2.0
/** Eventfds of the Linux kernel, by the Foreign Function API: a JVM needs {@code --enable-native-access} for it. */
@NullMarked
package dev.synapic.eventfd;

import org.jspecify.annotations.NullMarked;
