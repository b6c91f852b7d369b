// SPDX-License-Identifier: Apache-2.0
/**
 * Runs a build of kvm-unit-tests from its {@code unittests.cfg} as the suite's own runner does, one machine per worker, in
 * this process. What a test is started with, and what its end means, follows the runner's scripts; the machine is the one
 * behind {@code synapic qemu}.
 */
@NullMarked
package dev.synapic.cli.kut;

import org.jspecify.annotations.NullMarked;
