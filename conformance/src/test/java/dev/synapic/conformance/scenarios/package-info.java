// SPDX-License-Identifier: Apache-2.0
/**
 * Bugs that users of other virtual machines have met in interrupt delivery, each told as the story of its guest and kept as a
 * regression. The names are those of {@code docs/guide/scenarios.md}. Everything here goes through the public interface, so
 * that each test is also an example of how to drive the fabric.
 */
@NullMarked
package dev.synapic.conformance.scenarios;

import org.jspecify.annotations.NullMarked;
