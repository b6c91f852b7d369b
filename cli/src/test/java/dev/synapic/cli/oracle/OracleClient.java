// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.jr.ob.JSON;

/** An oracle within a test. Each reply, and each request that is no error, is checked against the schema. */
final class OracleClient implements AutoCloseable {
    static final int LONGEST_LINE = 1 << 20;

    private final OracleReplies schema = OracleReplies.schema();
    private final List<RuntimeException> bugs = new ArrayList<>();
    private final Oracle oracle = new Oracle(bugs::add);

    /** Software-enabled APICs in xAPIC mode. */
    static OracleClient with(String createFields) {
        OracleClient client = new OracleClient();
        client.result("{'op':'create','svr':'0x1ff'" + (createFields.isEmpty() ? "" : "," + createFields) + "}");
        return client;
    }

    /** The replies to lines as they come, which may be no requests at all. */
    List<String> send(String lines) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (PrintStream print = new PrintStream(out, false, StandardCharsets.UTF_8)) {
            oracle.run(new ByteArrayInputStream(lines.getBytes(StandardCharsets.UTF_8)), print, LONGEST_LINE);
        }
        List<String> replies = out.toString(StandardCharsets.UTF_8).lines().toList();
        replies.forEach(schema::requireReply);
        assertThat(bugs).as("internal errors").isEmpty();
        return replies;
    }

    /** The reply to one request, in which ' stands for ". */
    Map<String, Object> ask(String request) {
        String line = request.replace('\'', '"');
        List<String> replies = send(line + "\n");
        assertThat(replies).as(line).hasSize(1);
        Map<String, Object> reply = map(replies.getFirst());
        if (!reply.containsKey("error")) {
            schema.requireRequest(line);
            String op = (String) map(line).get("op");
            if (reply.containsKey("result")) {
                schema.requireResult(op, replies.getFirst());
            }
        }
        return reply;
    }

    /** The result of a request that succeeds. */
    Object result(String request) {
        Map<String, Object> reply = ask(request);
        assertThat(reply).as(request).containsKey("result");
        return reply.get("result");
    }

    @SuppressWarnings("unchecked")
    Map<String, Object> resultObject(String request) {
        return (Map<String, Object>) result(request);
    }

    /** The error that a request gets. */
    String error(String request) {
        Map<String, Object> reply = ask(request);
        assertThat(reply).as(request).containsKey("error").doesNotContainKeys("result", "fault", "events");
        return (String) reply.get("error");
    }

    /** The fault that a request gets. */
    @SuppressWarnings("unchecked")
    Map<String, Object> fault(String request) {
        Map<String, Object> reply = ask(request);
        assertThat(reply).as(request).containsKey("fault");
        return (Map<String, Object>) reply.get("fault");
    }

    /** Names of the events of a request that succeeds. */
    List<String> events(String request) {
        return eventsOf(ask(request)).stream()
                .map(event -> (String) event.get("event"))
                .toList();
    }

    @SuppressWarnings("unchecked")
    static List<Map<String, Object>> eventsOf(Map<String, Object> reply) {
        assertThat(reply).containsKey("events");
        return (List<Map<String, Object>>) reply.get("events");
    }

    private static Map<String, Object> map(String json) {
        return JSON.std.mapFrom(json);
    }

    @Override
    public void close() {
        oracle.close();
    }
}
