// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.integration;

import dev.synapic.spec.vmbus.IntegrationMessage;
import dev.synapic.spec.vmbus.KvpMessage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes the guest's keys and values, which a daemon keeps there.
 *
 * <ul>
 *   <li>Models: get, set, delete and enumerate in all pools. Requests wait for the driver, and for each other: one is on
 *       its way. All values that are written are strings; numbers are read as decimal strings.
 *   <li>Spec: Linux, include/uapi/linux/hyperv.h and drivers/hv/hv_kvp.c: without its daemon Linux does not even answer the
 *       negotiation, and requests wait for ever; with one that hangs it answers STATUS_FAIL after 30 s.
 *   <li>Not modelled: addresses of network adapters.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class KeyValueExchange extends IntegrationService {
    /** Where a key lives; its ordinal is the protocol's number. */
    public enum Pool {
        /** From the host, for the guest's programs. */
        EXTERNAL,
        /** From the guest's programs, for the host. */
        GUEST,
        /** What the daemon knows: name, version, addresses. */
        AUTO,
        AUTO_EXTERNAL,
        AUTO_INTERNAL
    }

    /**
     * What came of a request.
     *
     * @param status one of IntegrationMessage.STATUS_*, or another HRESULT of the guest
     * @param values by key, in the guest's order; for {@link #get} one, for {@link #set} and {@link #delete} none
     */
    public record Answer(int status, Map<String, String> values) {
        public Answer {
            values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
        }

        public boolean isOk() {
            return status == IntegrationMessage.STATUS_OK;
        }
    }

    /** A guest's list has an end. */
    private static final int MOST_ITEMS = 1024;

    private static final class Request {
        private final int operation;
        private final Pool pool;
        private final String key;
        private final String value;
        private final Consumer<Answer> done;
        private final Map<String, String> found = new LinkedHashMap<>();
        private int index;

        Request(int operation, Pool pool, String key, String value, Consumer<Answer> done) {
            this.operation = operation;
            this.pool = pool;
            this.key = key;
            this.value = value;
            this.done = done;
        }
    }

    private final ArrayDeque<Request> waiting = new ArrayDeque<>();

    public KeyValueExchange() {
        super(IntegrationMessage.TYPE_KVP_EXCHANGE, version(3, 0), version(4, 0));
    }

    @Override
    public String name() {
        return "kvp";
    }

    @Override
    public UUID interfaceId() {
        return UUID.fromString("a9a0f4e7-5a45-4d96-b827-8a841e8c03e6");
    }

    @Override
    public UUID instanceId() {
        return UUID.fromString("242ff919-07db-4180-9c2e-b86cb68c8c55");
    }

    // ---- the host's side

    /** Reads one value. key has at most 255 UTF-16 units. done hears of it later, or at once. */
    public void get(Pool pool, String key, Consumer<Answer> done) {
        add(new Request(KvpMessage.OP_GET, pool, checked(key, KvpMessage.MOST_KEY_BYTES), "", done));
    }

    /** Writes a string of at most 1,023 UTF-16 units. */
    public void set(Pool pool, String key, String value, Consumer<Answer> done) {
        checked(value, KvpMessage.MOST_VALUE_BYTES);
        add(new Request(KvpMessage.OP_SET, pool, checked(key, KvpMessage.MOST_KEY_BYTES), value, done));
    }

    public void delete(Pool pool, String key, Consumer<Answer> done) {
        add(new Request(KvpMessage.OP_DELETE, pool, checked(key, KvpMessage.MOST_KEY_BYTES), "", done));
    }

    /** Reads all values of a pool, at most 1,024. */
    public void enumerate(Pool pool, Consumer<Answer> done) {
        add(new Request(KvpMessage.OP_ENUMERATE, pool, "", "", done));
    }

    private static String checked(String text, int mostBytes) {
        if ((text.length() + 1) * Character.BYTES > mostBytes || text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a text of " + text.length() + " units, or with a zero in it");
        }
        return text;
    }

    private void add(Request request) {
        waiting.add(request);
        sendNext();
    }

    private void sendNext() {
        Request next = waiting.peek();
        if (next != null && isIdle()) {
            request(message(next));
        }
    }

    private static ByteBuffer message(Request request) {
        ByteBuffer out = switch (request.operation) {
            case KvpMessage.OP_DELETE -> message(KvpMessage.HEADER_BYTES + KvpMessage.DELETE_BYTES);
            case KvpMessage.OP_ENUMERATE ->
                message(KvpMessage.HEADER_BYTES + KvpMessage.ENUMERATE_INDEX_BYTES + KvpMessage.VALUE_BYTES);
            default -> message(KvpMessage.HEADER_BYTES + KvpMessage.VALUE_BYTES);
        };
        int body = out.position();
        out.put(body + KvpMessage.OPERATION, (byte) request.operation);
        out.put(body + KvpMessage.POOL, (byte) request.pool.ordinal());
        int at = body + KvpMessage.HEADER_BYTES;
        switch (request.operation) {
            case KvpMessage.OP_DELETE -> out.putInt(at, put(out, at + Integer.BYTES, request.key));
            case KvpMessage.OP_ENUMERATE -> out.putInt(at, request.index);
            default -> {
                out.putInt(at + KvpMessage.VALUE_TYPE, KvpMessage.TYPE_STRING);
                out.putInt(at + KvpMessage.KEY_SIZE, put(out, at + KvpMessage.KEY, request.key));
                out.putInt(at + KvpMessage.VALUE_SIZE, put(out, at + KvpMessage.VALUE, request.value));
            }
        }
        return out;
    }

    /** Writes a text and returns its size with the zero at its end. */
    private static int put(ByteBuffer out, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_16LE);
        out.put(at, bytes);
        return bytes.length + Character.BYTES;
    }

    // ---- the guest's side

    @Override
    void ready() {
        sendNext();
    }

    @Override
    void answered(int status, ByteBuffer body) {
        Request request = waiting.remove();
        int result = status;
        boolean more = false;
        if (status == IntegrationMessage.STATUS_OK) {
            result = take(request, body);
            more = request.operation == KvpMessage.OP_ENUMERATE
                    && result == IntegrationMessage.STATUS_OK
                    && ++request.index < MOST_ITEMS;
        } else if (request.operation == KvpMessage.OP_ENUMERATE && status == IntegrationMessage.STATUS_NO_MORE_ITEMS) {
            result = IntegrationMessage.STATUS_OK;
        }
        if (more) {
            waiting.addFirst(request);
        } else {
            finish(request, result);
        }
        sendNext();
    }

    /** Reads what was found; STATUS_FAIL where the guest's answer makes no sense. */
    private static int take(Request request, ByteBuffer body) {
        boolean enumerates = request.operation == KvpMessage.OP_ENUMERATE;
        if (!enumerates && request.operation != KvpMessage.OP_GET) {
            return IntegrationMessage.STATUS_OK;
        }
        int at = KvpMessage.HEADER_BYTES + (enumerates ? KvpMessage.ENUMERATE_INDEX_BYTES : 0);
        if (body.remaining() < at + KvpMessage.VALUE_BYTES) {
            return IntegrationMessage.STATUS_FAIL;
        }
        String key = enumerates
                ? text(body, at + KvpMessage.KEY, body.getInt(at + KvpMessage.KEY_SIZE), KvpMessage.MOST_KEY_BYTES)
                : request.key;
        String value = value(body, at);
        if (key == null || value == null) {
            return IntegrationMessage.STATUS_FAIL;
        }
        request.found.put(key, value);
        return IntegrationMessage.STATUS_OK;
    }

    private static @Nullable String value(ByteBuffer body, int at) {
        return switch (body.getInt(at + KvpMessage.VALUE_TYPE)) {
            case KvpMessage.TYPE_STRING ->
                text(body, at + KvpMessage.VALUE, body.getInt(at + KvpMessage.VALUE_SIZE), KvpMessage.MOST_VALUE_BYTES);
            case KvpMessage.TYPE_U32 -> Integer.toUnsignedString(body.getInt(at + KvpMessage.VALUE));
            case KvpMessage.TYPE_U64 -> Long.toUnsignedString(body.getLong(at + KvpMessage.VALUE));
            default -> null;
        };
    }

    /** Up to the first zero, or null where the size is none. */
    private static @Nullable String text(ByteBuffer body, int at, int bytes, int mostBytes) {
        if (bytes < 0 || bytes > mostBytes) {
            return null;
        }
        byte[] raw = new byte[bytes & -Character.BYTES];
        body.get(at, raw);
        String text = new String(raw, StandardCharsets.UTF_16LE);
        int end = text.indexOf('\0');
        return end < 0 ? text : text.substring(0, end);
    }

    private static void finish(Request request, int status) {
        request.done.accept(new Answer(status, request.found));
    }

    @Override
    void gone() {
        ArrayDeque<Request> lost = new ArrayDeque<>(waiting);
        waiting.clear();
        lost.forEach(request -> finish(request, IntegrationMessage.STATUS_DEVICE_NOT_CONNECTED));
    }
}
