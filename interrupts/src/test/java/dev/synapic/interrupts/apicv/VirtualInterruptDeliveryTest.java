// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apicv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicClock;
import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.ApicRequest;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.interrupts.apicv.VirtualInterruptDelivery.Outcome;
import dev.synapic.interrupts.apicv.VirtualInterruptDelivery.PidPointerTable;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.Icr;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** SDM vol. 3C, "APIC Virtualization and Virtual Interrupts". */
class VirtualInterruptDeliveryTest {
    private final List<String> notifications = new ArrayList<>();
    private final PostedInterruptDescriptor other = new PostedInterruptDescriptor();
    private final VirtualInterruptDelivery guest = guest(apicId -> apicId == 5 ? other : null);

    private VirtualInterruptDelivery guest(PidPointerTable table) {
        return new VirtualInterruptDelivery(
                table, (vector, destination) -> notifications.add(vector + " to " + destination));
    }

    @Test
    void theHighestRequestAboveThePriorityIsDelivered() {
        guest.request(0x31);
        guest.request(0x52);
        assertThat(guest.rvi()).isEqualTo(0x52);
        assertThat(guest.deliver()).isEqualTo(0x52);
        assertThat(guest.svi()).isEqualTo(0x52);
        assertThat(guest.register(ApicRegister.PROCESSOR_PRIORITY)).isEqualTo(0x50);
        assertThat(guest.rvi()).isEqualTo(0x31);
        assertThat(guest.recognized()).isFalse();
        assertThatThrownBy(guest::deliver)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no virtual interrupt is recognized: RVI 49");
    }

    @Test
    void anEoiGoesOnWithWhatWasInServiceBefore() {
        guest.request(0x31);
        guest.deliver();
        guest.request(0x52);
        guest.deliver();
        assertThat(guest.write(ApicRegister.EOI, 99)).isEqualTo(Outcome.DONE);
        assertThat(guest.register(ApicRegister.EOI)).as("VEOI is cleared").isZero();
        assertThat(guest.svi()).isEqualTo(0x31);
        assertThat(guest.register(ApicRegister.PROCESSOR_PRIORITY)).isEqualTo(0x30);
        assertThat(guest.write(ApicRegister.EOI, 0)).isEqualTo(Outcome.DONE);
        assertThat(guest.svi()).isZero();
        assertThat(guest.register(ApicRegister.PROCESSOR_PRIORITY)).isZero();
    }

    @Test
    void theEoiOfAVectorInTheBitmapExitsAfterItWasCarriedOut() {
        guest.eoiExits().add(0x52);
        guest.request(0x52);
        guest.deliver();
        assertThat(guest.write(ApicRegister.EOI, 0)).isEqualTo(Outcome.EOI_INDUCED_EXIT);
        assertThat(guest.exitVector()).isEqualTo(0x52);
        assertThat(guest.svi()).isZero();
    }

    @Test
    void raisingTheTaskPriorityHoldsARequestBack() {
        guest.request(0x52);
        guest.write(ApicRegister.TASK_PRIORITY, 0x5F);
        assertThat(guest.recognized()).isFalse();
        guest.write(ApicRegister.TASK_PRIORITY, 0x4F);
        assertThat(guest.recognized()).isTrue();
        assertThat(guest.register(ApicRegister.PROCESSOR_PRIORITY)).isEqualTo(0x4F);
    }

    @Test
    void aSelfIpiNeedsNoExitInEitherMode() {
        long self = 1L << 18 | Icr.LEVEL_ASSERT;
        assertThat(guest.write(ApicRegister.ICR_LOW, (int) self | 0x41)).isEqualTo(Outcome.DONE);
        assertThat(guest.rvi()).isEqualTo(0x41);
        assertThat(guest.writeSelfIpi(0x42)).isEqualTo(Outcome.DONE);
        assertThat(guest.rvi()).isEqualTo(0x42);
        assertThat(guest.writeSelfIpi(0x0F)).isEqualTo(Outcome.APIC_WRITE_EXIT);
        assertThat(guest.write(ApicRegister.ICR_LOW, (int) self | 0x0F)).isEqualTo(Outcome.APIC_WRITE_EXIT);
        assertThat(guest.write(ApicRegister.ICR_LOW, (int) (self | Icr.LEVEL_TRIGGERED) | 0x41))
                .isEqualTo(Outcome.APIC_WRITE_EXIT);
        assertThat(guest.write(ApicRegister.ICR_LOW, (int) (self | Icr.BUSY) | 0x41))
                .isEqualTo(Outcome.APIC_WRITE_EXIT);
    }

    @Test
    void anIpiToOneProcessorIsPostedAndNotified() {
        other.setNotification(0xF2, 3);
        assertThat(guest.writeX2apicIcr(5L << 32 | Icr.LEVEL_ASSERT | 0x41)).isEqualTo(Outcome.DONE);
        assertThat(guest.writeX2apicIcr(5L << 32 | Icr.LEVEL_ASSERT | 0x42)).isEqualTo(Outcome.DONE);
        assertThat(notifications).as("one is outstanding").containsExactly("242 to 3");
        VirtualInterruptDelivery target = guest(PidPointerTable.EMPTY);
        target.process(other);
        assertThat(target.rvi()).isEqualTo(0x42);
        assertThat(target.deliver()).isEqualTo(0x42);
        assertThat(target.rvi()).isEqualTo(0x41);
        guest.write(ApicRegister.ICR_HIGH, 5 << 24 | 0xFFFF);
        assertThat(guest.register(ApicRegister.ICR_HIGH)).isEqualTo(5 << 24);
        assertThat(guest.write(ApicRegister.ICR_LOW, (int) Icr.LEVEL_ASSERT | 0x43))
                .isEqualTo(Outcome.DONE);
        assertThat(notifications).hasSize(2);
    }

    @Test
    void anIpiToManyOrToNobodyInTheTableExits() {
        assertThat(guest.writeX2apicIcr(6L << 32 | 0x41)).as("no entry").isEqualTo(Outcome.APIC_WRITE_EXIT);
        assertThat(guest.writeX2apicIcr(5L << 32 | Icr.LOGICAL | 0x41)).isEqualTo(Outcome.APIC_WRITE_EXIT);
        assertThat(guest.writeX2apicIcr(-1L << 32 | 0x41)).isEqualTo(Outcome.APIC_WRITE_EXIT);
        assertThat(guest.writeX2apicIcr(3L << 18 | 0x41)).isEqualTo(Outcome.APIC_WRITE_EXIT);
        assertThat(guest.writeX2apicIcr(5L << 32 | 4 << 8)).as("NMI").isEqualTo(Outcome.APIC_WRITE_EXIT);
        assertThat(other.pending()).isFalse();
    }

    @Test
    void otherRegistersExitBehindTheWrite() {
        assertThat(guest.write(ApicRegister.INITIAL_COUNT, 1234)).isEqualTo(Outcome.APIC_WRITE_EXIT);
        assertThat(guest.register(ApicRegister.INITIAL_COUNT)).isEqualTo(1234);
    }

    /** Hardware on the page and the APIC in software are the same to a guest. */
    @Test
    void onRandomSequencesThePageIsWhatTheLocalApicShows() {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE);
        LocalApic apic = new LocalApic(0, true, bus, ApicClock.STOPPED, ApicListener.NONE);
        apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, 0x1FF);
        PostedInterruptDescriptor descriptor = new PostedInterruptDescriptor();
        for (int step = 0; step < 20_000; step++) {
            int vector = random.nextInt(16, 256);
            switch (random.nextInt(6)) {
                case 0, 1 -> {
                    bus.deliver(apic, ApicRequest.fixed(vector));
                    descriptor.post(vector, false);
                    guest.process(descriptor);
                }
                case 2 -> {
                    apic.setTaskPriority(vector);
                    guest.write(ApicRegister.TASK_PRIORITY, vector);
                }
                case 3 -> {
                    assertThat(apic.eoi() == LocalApic.NO_VECTOR)
                            .as("seed %d", seed)
                            .isEqualTo(guest.svi() == 0);
                    guest.write(ApicRegister.EOI, 0);
                }
                default -> {
                    int pending = apic.pendingVector();
                    assertThat(guest.recognized()).as("seed %d", seed).isEqualTo(pending != LocalApic.NO_VECTOR);
                    if (pending != LocalApic.NO_VECTOR) {
                        apic.acknowledge(pending);
                        assertThat(guest.deliver()).as("seed %d", seed).isEqualTo(pending);
                    }
                }
            }
            compare(apic, seed, step);
        }
    }

    private void compare(LocalApic apic, long seed, int step) {
        apic.pendingVector();
        for (int first : new int[] {ApicRegister.IN_SERVICE, ApicRegister.INTERRUPT_REQUEST}) {
            for (int offset = first; offset < first + 0x80; offset += 0x10) {
                assertThat(guest.register(offset))
                        .as("register 0x%x, seed %d, step %d", offset, seed, step)
                        .isEqualTo(apic.readRegister(offset));
            }
        }
        assertThat(guest.register(ApicRegister.PROCESSOR_PRIORITY))
                .as("PPR, seed %d, step %d", seed, step)
                .isEqualTo(apic.processorPriority());
    }
}
