// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

/** A wrong configuration or input. Its message is one line that names the fix. */
public final class ConfigurationException extends RuntimeException {
    public ConfigurationException(String message) {
        super(message);
    }
}
