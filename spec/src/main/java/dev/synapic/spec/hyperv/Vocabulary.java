// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

/** Placeholder until the vocabulary lands. */
final class Vocabulary {
    private Vocabulary() {}
}
