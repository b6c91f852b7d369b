// SPDX-License-Identifier: Apache-2.0
/** Linux guests from Debian's packages: kernel and initial RAM disk, prepared once and kept in the user's cache. */
@NullMarked
package dev.synapic.cli.debian;

import org.jspecify.annotations.NullMarked;
