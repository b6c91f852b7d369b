// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.spec.vmbus.IntegrationMessage;
import dev.synapic.spec.vmbus.KvpMessage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Linux, drivers/hv/hv_kvp.c and include/uapi/linux/hyperv.h, with a daemon that keeps its pools in a map. */
class KeyValueExchangeTest {
    private static final int MESSAGE = IntegrationMessage.BODY + 4;

    private final KeyValueExchange exchange = new KeyValueExchange();
    private final List<KeyValueExchange.Answer> answers = new ArrayList<>();
    private final Map<String, String> stored = new LinkedHashMap<>();

    private static String text(ByteBuffer message, int at, int bytes) {
        byte[] raw = new byte[bytes - 2];
        message.get(at, raw);
        return new String(raw, StandardCharsets.UTF_16LE);
    }

    private static int put(ByteBuffer message, int at, String text) {
        message.put(at, text.getBytes(StandardCharsets.UTF_16LE)).putShort(at + text.length() * 2, (short) 0);
        return text.length() * 2 + 2;
    }

    /** Does what the next message asks, as Linux's daemon. */
    private void serve(UtilDriver driver) {
        ByteBuffer message = driver.take(IntegrationMessage.TYPE_KVP_EXCHANGE);
        int operation = message.get(IntegrationMessage.BODY);
        int value = operation == KvpMessage.OP_ENUMERATE ? MESSAGE + 4 : MESSAGE;
        int status = IntegrationMessage.STATUS_OK;
        switch (operation) {
            case KvpMessage.OP_SET ->
                stored.put(
                        text(message, value + KvpMessage.KEY, message.getInt(value + KvpMessage.KEY_SIZE)),
                        text(message, value + KvpMessage.VALUE, message.getInt(value + KvpMessage.VALUE_SIZE)));
            case KvpMessage.OP_DELETE -> stored.remove(text(message, MESSAGE + 4, message.getInt(MESSAGE)));
            case KvpMessage.OP_GET -> {
                String key = text(message, value + KvpMessage.KEY, message.getInt(value + KvpMessage.KEY_SIZE));
                status = fill(message, value, key);
            }
            default -> {
                List<String> keys = List.copyOf(stored.keySet());
                int index = message.getInt(MESSAGE);
                status = index < keys.size()
                        ? fill(message, value, keys.get(index))
                        : IntegrationMessage.STATUS_NO_MORE_ITEMS;
            }
        }
        driver.answer(message, status);
    }

    private int fill(ByteBuffer message, int value, String key) {
        String found = stored.get(key);
        if (found == null) {
            return IntegrationMessage.STATUS_FAIL;
        }
        message.putInt(value + KvpMessage.VALUE_TYPE, KvpMessage.TYPE_STRING);
        message.putInt(value + KvpMessage.KEY_SIZE, put(message, value + KvpMessage.KEY, key));
        message.putInt(value + KvpMessage.VALUE_SIZE, put(message, value + KvpMessage.VALUE, found));
        return IntegrationMessage.STATUS_OK;
    }

    @Test
    void whatIsSetIsFoundUntilItIsDeleted() {
        UtilDriver driver = UtilDriver.connected(exchange, 4, 0);
        KeyValueExchange.Pool pool = KeyValueExchange.Pool.EXTERNAL;
        exchange.set(pool, "Grüße", "Zürich", answers::add);
        exchange.get(pool, "Grüße", answers::add);
        exchange.delete(pool, "Grüße", answers::add);
        exchange.get(pool, "Grüße", answers::add);
        for (int i = 1; i <= 4; i++) {
            serve(driver);
            assertThat(answers).as("one request at a time").hasSize(i);
        }
        assertThat(driver.next()).isNull();
        assertThat(answers).extracting(KeyValueExchange.Answer::isOk).containsExactly(true, true, true, false);
        assertThat(answers.get(1).values()).containsExactly(Map.entry("Grüße", "Zürich"));
    }

    @Test
    void wholePoolIsReadInTheGuestsOrder() {
        stored.put("FullyQualifiedDomainName", "debian");
        stored.put("OSName", "Debian GNU/Linux");
        stored.put("OSVersion", "6.1.0");
        UtilDriver driver = UtilDriver.connected(exchange, 4, 0);
        exchange.enumerate(KeyValueExchange.Pool.AUTO, answers::add);
        for (int i = 0; i < 4; i++) {
            assertThat(answers).isEmpty();
            serve(driver);
        }
        assertThat(answers.getFirst().isOk()).isTrue();
        assertThat(answers.getFirst().values()).containsExactlyEntriesOf(stored);
    }

    @Test
    void requestsWaitForTheDriverAndFailWhenItGoes() {
        exchange.get(KeyValueExchange.Pool.GUEST, "a", answers::add);
        exchange.get(KeyValueExchange.Pool.GUEST, "b", answers::add);
        UtilDriver driver = UtilDriver.connected(exchange, 4, 0);
        assertThat(driver.take(IntegrationMessage.TYPE_KVP_EXCHANGE).get(IntegrationMessage.BODY + 1))
                .as("KVP_POOL_GUEST")
                .isEqualTo((byte) 1);
        driver.channel().close();
        assertThat(answers)
                .extracting(KeyValueExchange.Answer::status)
                .containsExactly(
                        IntegrationMessage.STATUS_DEVICE_NOT_CONNECTED, IntegrationMessage.STATUS_DEVICE_NOT_CONNECTED);
    }

    @Test
    void sizeThatIsNoneFailsTheRequestAndNotTheNextOne() {
        UtilDriver driver = UtilDriver.connected(exchange, 4, 0);
        exchange.get(KeyValueExchange.Pool.GUEST, "a", answers::add);
        ByteBuffer message = driver.take(IntegrationMessage.TYPE_KVP_EXCHANGE);
        message.putInt(MESSAGE + KvpMessage.VALUE_SIZE, 1 << 30);
        driver.answer(message, IntegrationMessage.STATUS_OK);
        stored.put("a", "1");
        exchange.get(KeyValueExchange.Pool.GUEST, "a", answers::add);
        serve(driver);
        assertThat(answers).extracting(KeyValueExchange.Answer::isOk).containsExactly(false, true);
    }

    @Test
    void numbersAreReadAsDecimalStrings() {
        UtilDriver driver = UtilDriver.connected(exchange, 4, 0);
        exchange.get(KeyValueExchange.Pool.GUEST, "n", answers::add);
        ByteBuffer message = driver.take(IntegrationMessage.TYPE_KVP_EXCHANGE);
        message.putInt(MESSAGE + KvpMessage.VALUE_TYPE, KvpMessage.TYPE_U32);
        message.putInt(MESSAGE + KvpMessage.VALUE, -1);
        driver.answer(message, IntegrationMessage.STATUS_OK);
        assertThat(answers.getFirst().values()).containsExactly(Map.entry("n", "4294967295"));
    }

    @Test
    void textThatDoesNotFitIsRefusedAtOnce() {
        assertThatThrownBy(() -> exchange.get(KeyValueExchange.Pool.GUEST, "k".repeat(256), answers::add))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> exchange.set(KeyValueExchange.Pool.GUEST, "k", "v".repeat(1024), answers::add))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
