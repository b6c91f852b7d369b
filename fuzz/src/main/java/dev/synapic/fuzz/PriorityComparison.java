// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicClock;
import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.ApicRequest;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicError;
import dev.synapic.spec.x86.ApicMode;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.DeliveryMode;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** IRR, ISR, TMR and PPR of a local APIC against {@link PriorityModel}, which is slow and plain. */
final class PriorityComparison implements Comparison {
    private static final int ENABLED = 0x1FF;
    private static final int DISABLED = 0xFF;

    /** A clock that stands: the timer has no part in this. */
    private static final ApicClock NO_TIME = new ApicClock() {
        @Override
        public long nanos() {
            return 0;
        }

        @Override
        public long tsc() {
            return 0;
        }

        @Override
        public long nanosAtTsc(long tscTicks) {
            return Long.MAX_VALUE;
        }
    };

    private final ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE);
    private final LocalApic apic = new LocalApic(0, true, bus, NO_TIME, ApicListener.NONE);
    private final PriorityModel model = new PriorityModel();
    /** How many vectors there are, from 255 down: few collide more often. */
    private final int vectors;

    PriorityComparison(long seed) {
        vectors = 16 + new SplittableRandom(seed).nextInt(240);
        softwareEnable(true);
    }

    @Override
    public @Nullable String step(long number) {
        SplittableRandom random = new SplittableRandom(number);
        int vector = 255 - random.nextInt(vectors);
        return switch (random.nextInt(20)) {
            case 0, 1, 2, 3, 4, 5 -> send(vector, random.nextInt(3) == 0);
            case 6, 7, 8, 9 -> take();
            case 10, 11, 12 -> end();
            case 13, 14 -> priority(random.nextBoolean() ? 0 : random.nextInt(256));
            case 15, 16 -> autoEoi(Math.max(vector, ApicError.FIRST_LEGAL_VECTOR), random.nextInt(3) == 0);
            case 17 -> softwareEnable(random.nextInt(4) != 0);
            case 18 -> mode(random.nextInt(8));
            default -> selfIpi(vector);
        };
    }

    private @Nullable String send(int vector, boolean level) {
        int request =
                level ? ApicRequest.level(DeliveryMode.FIXED, vector) : ApicRequest.edge(DeliveryMode.FIXED, vector);
        int accepted = bus.deliver(apic, request);
        return differs("accepted", accepted, model.send(vector, level) ? 1 : 0);
    }

    private @Nullable String selfIpi(int vector) {
        if (apic.mode() == ApicMode.X2APIC) {
            apic.writeMsr(ApicRegister.msr(ApicRegister.SELF_IPI), vector);
            model.send(vector, false);
        }
        return differs();
    }

    private @Nullable String take() {
        int vector = apic.pendingVector();
        String difference = differs("pending", vector, model.pending());
        if (difference == null && vector != LocalApic.NO_VECTOR) {
            apic.acknowledge(vector);
            model.acknowledge(vector);
            difference = differs();
        }
        return difference;
    }

    private @Nullable String end() {
        return differs("ended", apic.eoi(), model.end());
    }

    private @Nullable String priority(int value) {
        apic.setTaskPriority(value);
        model.setTaskPriority(value);
        return differs();
    }

    private @Nullable String autoEoi(int vector, boolean on) {
        if (on) {
            apic.autoEoiVectors().add(vector);
        } else {
            apic.autoEoiVectors().remove(vector);
        }
        model.setAutoEoi(vector, on);
        return differs();
    }

    private @Nullable String softwareEnable(boolean on) {
        int value = on ? ENABLED : DISABLED;
        if (apic.mode() == ApicMode.X2APIC) {
            apic.writeMsr(ApicRegister.msr(ApicRegister.SPURIOUS_VECTOR), value);
        } else {
            apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, value);
        }
        if (apic.hardwareEnabled()) {
            model.setSoftwareEnabled(on);
        }
        return differs();
    }

    private @Nullable String mode(int which) {
        if (which == 0) {
            apic.init();
            model.init();
        } else if (apic.mode() == ApicMode.DISABLED) {
            apic.setApicBase(apic.apicBase() | ApicBaseMsr.ENABLE);
            model.setHardwareEnabled(true);
        } else if (which < 3) {
            apic.setApicBase(apic.apicBase() & ~(ApicBaseMsr.ENABLE | ApicBaseMsr.X2APIC_ENABLE));
            model.setHardwareEnabled(false);
        } else if (which < 5) {
            apic.setApicBase(apic.apicBase() | ApicBaseMsr.X2APIC_ENABLE);
        } else {
            apic.restore(apic.save());
        }
        return differs();
    }

    private @Nullable String differs(String what, int shown, int right) {
        return shown == right ? differs() : what + ": " + shown + ", should be " + right;
    }

    private @Nullable String differs() {
        if (apic.processorPriority() != model.processorPriority()) {
            return "PPR: 0x%x, should be 0x%x".formatted(apic.processorPriority(), model.processorPriority());
        }
        for (int vector = 0; vector < 256; vector++) {
            if (apic.irr().contains(vector) != model.requested(vector)) {
                return "IRR[" + vector + "] should be " + model.requested(vector);
            }
            if (apic.isr().contains(vector) != model.inService(vector)) {
                return "ISR[" + vector + "] should be " + model.inService(vector);
            }
            if (apic.tmr().contains(vector) != model.level(vector)) {
                return "TMR[" + vector + "] should be " + model.level(vector);
            }
        }
        return apic.pendingVector() == model.pending()
                ? null
                : "pending: " + apic.pendingVector() + ", should be " + model.pending();
    }

    @Override
    public void close() {}
}
