// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Writes replies, each as a line of JSON. */
final class ReplyWriter {
    private final JsonGenerator json;

    ReplyWriter(OutputStream out) {
        json = JsonFactory.builder().rootValueSeparator("").build().createGenerator(ObjectWriteContext.empty(), out);
    }

    void write(@Nullable String id, Reply reply) {
        json.writeStartObject();
        if (id != null) {
            json.writeName("id");
            json.writeRawValue(id);
        }
        json.writeName(reply.kind());
        value(reply.value());
        List<Event> events = reply.events();
        if (events != null) {
            json.writeName("events");
            json.writeStartArray();
            for (Event event : events) {
                value(event.json());
            }
            json.writeEndArray();
        }
        if (reply.dropped() > 0) {
            json.writeNumberProperty("dropped", reply.dropped());
        }
        json.writeEndObject();
        json.writeRaw('\n');
    }

    private void value(@Nullable Object value) {
        switch (value) {
            case null -> json.writeNull();
            case String text -> json.writeString(text);
            case Boolean flag -> json.writeBoolean(flag);
            case Number number -> json.writeNumber(number.longValue());
            case List<?> list -> {
                json.writeStartArray();
                list.forEach(this::value);
                json.writeEndArray();
            }
            case Map<?, ?> object -> {
                json.writeStartObject();
                object.forEach((name, each) -> {
                    json.writeName(String.valueOf(name));
                    value(each);
                });
                json.writeEndObject();
            }
            default -> throw new IllegalStateException("no JSON for " + value.getClass());
        }
    }

    /** Hands over what is written. */
    void flush() {
        json.flush();
    }
}
