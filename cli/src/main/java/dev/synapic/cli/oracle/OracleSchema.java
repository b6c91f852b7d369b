// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The JSON schema (draft 2020-12) of the oracle's requests and replies. */
public final class OracleSchema {
    private static final String RESOURCE = "oracle.schema.json";

    private OracleSchema() {}

    public static String text() {
        try (InputStream in = OracleSchema.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException(RESOURCE + " is not part of this build");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
