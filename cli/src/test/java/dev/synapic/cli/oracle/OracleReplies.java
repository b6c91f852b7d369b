// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The oracle's schema, as a judge of lines. */
final class OracleReplies {
    private static final OracleReplies SCHEMA = new OracleReplies();

    private final JsonMapper mapper = new JsonMapper();
    private final SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    private final Map<String, Schema> byReference = new ConcurrentHashMap<>();

    private OracleReplies() {}

    static OracleReplies schema() {
        return SCHEMA;
    }

    void requireReply(String line) {
        require("#/$defs/reply", line);
    }

    void requireRequest(String line) {
        require("#/$defs/request", line);
    }

    /** The result of a reply, as that of an op. */
    void requireResult(String op, String line) {
        require("#/$defs/results/" + op, mapper.readTree(line).get("result").toString());
    }

    boolean accepts(String reference, String json) {
        return schema(reference).validate(json, InputFormat.JSON).isEmpty();
    }

    private void require(String reference, String json) {
        assertThat(schema(reference).validate(json, InputFormat.JSON))
                .as("%s against %s of the schema", json, reference)
                .isEmpty();
    }

    private Schema schema(String reference) {
        return byReference.computeIfAbsent(reference, this::part);
    }

    /** The schema with another root. */
    private Schema part(String reference) {
        JsonNode whole = mapper.readTree(OracleSchema.text());
        ObjectNode part = mapper.createObjectNode();
        part.set("$schema", whole.get("$schema"));
        part.put("$ref", reference);
        part.set("$defs", whole.get("$defs"));
        return registry.getSchema(part);
    }
}
