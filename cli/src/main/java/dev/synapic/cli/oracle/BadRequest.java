// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

/** A request that makes no sense. The message is one sentence for whoever wrote it, and names the field. */
final class BadRequest extends RuntimeException {
    private static final long serialVersionUID = 1;

    BadRequest(String message) {
        super(message, null, false, false);
    }
}
