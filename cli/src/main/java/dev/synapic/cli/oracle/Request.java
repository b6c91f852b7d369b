// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import org.jspecify.annotations.Nullable;

/**
 * One request.
 *
 * @param id its id as JSON text, or null where it has none
 * @param error why it is none, or null
 */
record Request(@Nullable String id, Fields fields, @Nullable String error) {}
