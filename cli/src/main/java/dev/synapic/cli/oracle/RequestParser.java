// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/** Makes requests of lines. Whole numbers are Long, or BigInteger beyond 64 bits with sign; the rest is as usual. */
final class RequestParser {
    private static final int DEEPEST = 32;

    private final JsonFactory json = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
            .build();

    /** Never throws for what stands in the line. An error keeps the id if that came before it. */
    Request parse(byte[] line, int from, int length) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        String[] id = new String[1];
        String error = null;
        try (JsonParser parser = json.createParser(ObjectReadContext.empty(), line, from, length)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                error = "a request is a JSON object, such as {\"op\":\"state\"}";
            } else {
                readRequest(parser, fields, id);
                if (parser.nextToken() != null) {
                    error = "behind the request stands more; give one object on each line";
                }
            }
        } catch (JacksonException bad) {
            error = "bad JSON: " + reason(bad);
        } catch (BadRequest bad) {
            error = bad.getMessage();
        }
        return new Request(id[0], new Fields("", fields), error);
    }

    private static String reason(JacksonException bad) {
        String message =
                String.valueOf(bad.getOriginalMessage()).lines().findFirst().orElse("");
        message = message.replaceFirst(" \\(start marker at .*", "");
        int column = bad.getLocation() == null ? 0 : bad.getLocation().getColumnNr();
        return column > 0 ? message + " (column " + column + ")" : message;
    }

    private void readRequest(JsonParser parser, Map<String, @Nullable Object> fields, @Nullable String[] id) {
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            JsonToken token = parser.nextToken();
            if (name.equals("id")) {
                if (id[0] != null) {
                    throw twice(name);
                }
                id[0] = text(parser, token);
            } else {
                put(fields, name, value(parser, token));
            }
        }
    }

    private static void put(Map<String, @Nullable Object> fields, String name, @Nullable Object value) {
        int before = fields.size();
        fields.put(name, value);
        if (fields.size() == before) {
            throw twice(name);
        }
    }

    private static BadRequest twice(String name) {
        return new BadRequest(
                "field '" + (name.length() <= 40 ? name : name.substring(0, 40)) + "' stands there twice");
    }

    /** The value's JSON text, numbers as they stand. */
    private String text(JsonParser parser, JsonToken token) {
        if (token.isNumeric()) {
            return parser.getString();
        }
        StringWriter text = new StringWriter();
        try (JsonGenerator generator = json.createGenerator(ObjectWriteContext.empty(), text)) {
            generator.copyCurrentStructureExact(parser);
        }
        return text.toString();
    }

    private static @Nullable Object value(JsonParser parser, @Nullable JsonToken token) {
        if (token == null) {
            throw new BadRequest("bad JSON: the line ends within a request");
        }
        return switch (token) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> array(parser);
            case VALUE_STRING -> parser.getString();
            case VALUE_NUMBER_INT -> wholeNumber(parser);
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> null;
        };
    }

    private static Object wholeNumber(JsonParser parser) {
        return switch (parser.getNumberType()) {
            case INT, LONG -> parser.getLongValue();
            default -> parser.getBigIntegerValue();
        };
    }

    private static Map<String, @Nullable Object> object(JsonParser parser) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        for (String name = parser.nextName(); name != null; name = parser.nextName()) {
            put(fields, name, value(parser, parser.nextToken()));
        }
        return fields;
    }

    private static List<@Nullable Object> array(JsonParser parser) {
        List<@Nullable Object> elements = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            elements.add(value(parser, token));
        }
        return elements;
    }
}
