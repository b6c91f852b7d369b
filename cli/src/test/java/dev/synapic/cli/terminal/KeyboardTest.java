// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyboardTest {
    private static List<Integer> all(Keyboard keyboard) {
        List<Integer> keys = new ArrayList<>();
        while (keyboard.await()) {
            keys.add(keyboard.next());
        }
        return keys;
    }

    @Test
    void whatAStreamHoldsComesInItsOrderAndThenItIsClosed() {
        byte[] bytes = new byte[10_000];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        Keyboard keyboard = Keyboard.of(new ByteArrayInputStream(bytes));
        List<Integer> keys = all(keyboard);
        assertThat(keys).hasSize(bytes.length);
        assertThat(keys.get(9_999)).isEqualTo(9_999 & 0xFF);
        assertThat(keyboard.open()).isFalse();
        assertThat(keyboard.ready()).isFalse();
    }

    @Test
    void whoWaitsForAKeyIsReleasedAtTheEnd() throws IOException, InterruptedException {
        try (PipedOutputStream out = new PipedOutputStream();
                PipedInputStream in = new PipedInputStream(out)) {
            Keyboard keyboard = Keyboard.of(in);
            assertThat(keyboard.open()).isTrue();
            Thread waiter = Thread.ofPlatform().start(keyboard::await);
            keyboard.end();
            waiter.join();
            assertThat(keyboard.open()).isFalse();
            assertThat(keyboard.await(1)).isFalse();
        }
    }

    @Test
    void aFilterTakesKeysAway() {
        Keyboard keyboard = Keyboard.of(
                new ByteArrayInputStream(new byte[] {'a', 'b', 'c'}), true, key -> key == 'b' ? Keyboard.NOTHING : key);
        assertThat(all(keyboard)).containsExactly((int) 'a', (int) 'c');
        assertThat(keyboard.patient()).isTrue();
    }

    /** QEMU, "Keys in the character backend multiplexer": Ctrl-A x, h and Ctrl-A. */
    @Test
    void ctrlAIsForTheOneWhoTypes() {
        List<String> heard = new ArrayList<>();
        EscapeKeys escapes = new EscapeKeys(() -> heard.add("leave"), () -> heard.add("help"));
        byte[] typed = {'l', 's', 1, 'h', 1, 1, 1, 'a', 1, 'q', 3, 1, 'x'};
        assertThat(all(Keyboard.of(new ByteArrayInputStream(typed), true, escapes)))
                .containsExactly((int) 'l', (int) 's', 1, 1, (int) 'q', 3);
        assertThat(heard).containsExactly("help", "leave");
    }
}
