// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apicv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.apic.VectorBitmap;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** SDM vol. 3C, "Format of Posted-Interrupt Descriptor"; VT-d 5.2.3. */
class PostedInterruptDescriptorTest {
    private final PostedInterruptDescriptor descriptor = new PostedInterruptDescriptor();
    private final VectorBitmap irr = new VectorBitmap();

    /** Bits 255:0 PIR, 256 ON, 257 SN, 279:272 NV, 319:288 NDST. */
    @Test
    void fieldsAreWhereTheManualPutsThem() {
        descriptor.setNotification(0xF2, 0x1234_5678);
        descriptor.suppress(true);
        descriptor.post(0x41, true);
        byte[] bytes = descriptor.bytes();
        assertThat(bytes).hasSize(64);
        assertThat(bytes[0x41 / 8]).isEqualTo((byte) 0x02);
        assertThat(bytes[32]).isEqualTo((byte) 3);
        assertThat(bytes[34]).isEqualTo((byte) 0xF2);
        assertThat(new byte[] {bytes[36], bytes[37], bytes[38], bytes[39]}).containsExactly(0x78, 0x56, 0x34, 0x12);
        assertThat(PostedInterruptDescriptor.of(bytes).bytes()).isEqualTo(bytes);
    }

    @Test
    void aDescriptorOfBytesKeepsNoUnknownBit() {
        byte[] ones = new byte[64];
        Arrays.fill(ones, (byte) 0xFF);
        byte[] bytes = PostedInterruptDescriptor.of(ones).bytes();
        assertThat(bytes[32]).isEqualTo((byte) 3);
        assertThat(bytes[33]).isZero();
        assertThat(bytes[35]).isZero();
        assertThat(bytes[40]).isZero();
        assertThatThrownBy(() -> PostedInterruptDescriptor.of(new byte[63]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a posted-interrupt descriptor has 64 bytes, not 63");
    }

    @Test
    void onlyTheFirstRequestNotifiesUntilTheyAreTaken() {
        assertThat(descriptor.post(0x30, false)).isTrue();
        assertThat(descriptor.post(0xFF, false)).isFalse();
        assertThat(descriptor.post(0x30, false)).isFalse();
        assertThat(descriptor.outstanding()).isTrue();
        assertThat(descriptor.take(irr)).isEqualTo(0xFF);
        assertThat(irr.contains(0x30)).isTrue();
        assertThat(descriptor.outstanding()).isFalse();
        assertThat(descriptor.pending()).isFalse();
        assertThat(descriptor.post(0x30, false)).isTrue();
    }

    @Test
    void suppressionHoldsBackAllButUrgentNotifications() {
        descriptor.suppress(true);
        assertThat(descriptor.post(0x30, false)).isFalse();
        assertThat(descriptor.outstanding()).isFalse();
        assertThat(descriptor.pending())
                .as("before it sleeps, a processor looks at PIR")
                .isTrue();
        assertThat(descriptor.post(0x31, true)).isTrue();
        assertThat(descriptor.suppressed()).isTrue();
    }

    /** KVM leaves it at the bit of PIR that is set already; then nobody notifies. */
    @Test
    void aRequestThatWasPostedUnderSuppressionNotifiesWhenItIsPostedAgain() {
        descriptor.suppress(true);
        descriptor.post(0x30, false);
        descriptor.suppress(false);
        assertThat(descriptor.post(0x30, false)).isTrue();
    }

    @Test
    void takingNothingGivesMinusOne() {
        assertThat(descriptor.take(irr)).isEqualTo(-1);
        assertThat(irr.isEmpty()).isTrue();
    }

    @Test
    void movingToAnotherProcessorKeepsWhatIsOutstanding() {
        descriptor.post(0x30, false);
        descriptor.setNotification(0xF2, 7);
        assertThat(descriptor.outstanding()).isTrue();
        assertThat(descriptor.notificationVector()).isEqualTo(0xF2);
        assertThat(descriptor.notificationDestination()).isEqualTo(7);
    }

    /** A request is taken, or its notification is outstanding. */
    @Test
    void noRequestIsLostBetweenSendersAndTheProcessor() throws InterruptedException {
        int rounds = 100_000;
        AtomicInteger notified = new AtomicInteger();
        Thread sender = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < rounds; i++) {
                notified.addAndGet(descriptor.post(16 + i % 240, false) ? 1 : 0);
            }
        });
        int seen = 0;
        do {
            if (descriptor.outstanding() && descriptor.take(irr) >= 0) {
                seen++;
            }
        } while (sender.isAlive());
        sender.join();
        if (descriptor.outstanding()) {
            descriptor.take(irr);
        }
        assertThat(descriptor.pending()).isFalse();
        assertThat(irr.size()).isEqualTo(240);
        assertThat(notified.get()).isBetween(seen, rounds);
    }
}
