// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import dev.synapic.interrupts.routing.AckNotifier;
import dev.synapic.interrupts.routing.EventFd;
import dev.synapic.interrupts.routing.GsiRoute;
import dev.synapic.interrupts.routing.InterruptLine;
import dev.synapic.interrupts.routing.IoEventFds;
import dev.synapic.interrupts.routing.IrqChipException;
import dev.synapic.interrupts.routing.KvmIrqRoutingCodec;
import dev.synapic.spec.kvm.KvmIrqRouting;
import java.util.ArrayList;
import java.util.List;

/**
 * A VMM's verbs in any order: routing tables, as records and as KVM's bytes, irqfds with resamplers that assert again,
 * lines, notifiers that detach, messages, ioeventfds. {@link IrqChipException} is the only refusal.
 */
public final class RoutingTarget {
    private static final int EVENTFDS = 6;
    private static final int GSIS = 56;

    private final FuzzedFabric fabric;
    private final FuzzInput input;
    private final Surroundings surroundings;
    private final EventFd[] eventFds = new EventFd[EVENTFDS];
    private final List<InterruptLine> lines = new ArrayList<>();
    private final IoEventFds ioEventFds = new IoEventFds();

    private RoutingTarget(FuzzedFabric fabric, FuzzInput input) {
        this.fabric = fabric;
        this.input = input;
        this.surroundings = new Surroundings(fabric, input);
        for (int i = 0; i < EVENTFDS; i++) {
            eventFds[i] = new EventFd();
        }
    }

    public static void fuzzerTestOneInput(byte[] bytes) {
        FuzzInput input = new FuzzInput(bytes);
        try (FuzzedFabric fabric = new FuzzedFabric(FabricShape.of(input.u16()))) {
            Surroundings.boot(fabric);
            new RoutingTarget(fabric, input).run();
        }
    }

    private void run() {
        while (input.hasMore()) {
            int act = input.u8();
            fabric.request();
            try {
                if (act < 0x80) {
                    surroundings.act();
                } else {
                    verb(act & 0xF);
                }
            } catch (IrqChipException refused) {
                if (refused.errno() <= 0
                        || refused.getMessage() == null
                        || refused.getMessage().contains("\n")) {
                    throw new AssertionError("a refusal without a name or a line of its own", refused);
                }
            }
            fabric.checkApics();
            fabric.run();
        }
        fabric.request();
        fabric.chip.runDeferredAcks();
        fabric.checkedState();
    }

    private void verb(int number) {
        switch (number) {
            case 0 -> fabric.chip.setGsiRouting(KvmIrqRoutingCodec.decode(input.bytes(input.u8())));
            case 1 -> encoded();
            case 2, 3 -> fabric.chip.updateGsiRouting(table -> table.with(route()));
            case 4 -> fabric.chip.updateGsiRouting(table -> table.without(gsi()));
            case 5 -> assign();
            case 6 -> fabric.chip.irqfdDeassign(eventFd(), gsi());
            case 7 -> eventFd().signal();
            case 8 -> replace();
            case 9 -> fabric.chip.irqLine(gsi(), input.flag(), input.below(70) - 2);
            case 10 -> fabric.chip.signalMsi(0xFEE0_0000L ^ input.value(), (int) input.value());
            case 11 -> notifier();
            case 12 -> line();
            case 13 -> ioEventFd();
            case 14 -> fabric.chip.acknowledge(gsi());
            default -> fabric.chip.runDeferredAcks();
        }
    }

    /** Mostly one that exists. */
    private int gsi() {
        int number = input.u8();
        return number < 0xF8 ? number % GSIS : (int) input.value();
    }

    private EventFd eventFd() {
        return eventFds[input.below(EVENTFDS)];
    }

    private GsiRoute route() {
        int gsi = gsi();
        return switch (input.below(4)) {
            case 0 -> new GsiRoute.IrqChipPin(gsi, input.below(4), input.below(26) - 1);
            case 1 -> new GsiRoute.Msi(gsi, 0xFEE0_0000L ^ input.value(), input.u16());
            case 2 -> new GsiRoute.HvSint(gsi, (int) input.value(), (int) input.value());
            default -> new GsiRoute.HvSint(gsi, input.below(4), input.below(16));
        };
    }

    /** A table survives the way to KVM's bytes and back, padding or not. */
    private void encoded() {
        List<GsiRoute> routes = new ArrayList<>();
        int count = input.below(12);
        for (int i = 0; i < count; i++) {
            routes.add(route());
        }
        byte[] table = KvmIrqRoutingCodec.encode(routes);
        for (int at = KvmIrqRouting.HEADER_BYTES; at < table.length; at += KvmIrqRouting.ENTRY_BYTES) {
            table[at + KvmIrqRouting.ENTRY_PAD] = (byte) input.u8();
        }
        List<GsiRoute> back = KvmIrqRoutingCodec.decode(table);
        if (!back.equals(routes)) {
            throw new AssertionError("decode(encode(x)) differs from x: " + routes + ", " + back);
        }
        fabric.chip.setGsiRouting(back);
        if (!fabric.chip.gsiRouting().entries().equals(routes)) {
            throw new AssertionError("the table is not the one that was set");
        }
    }

    private void assign() {
        EventFd trigger = eventFd();
        int gsi = gsi();
        if (input.flag()) {
            fabric.chip.irqfdAssign(trigger, gsi);
            return;
        }
        int answer = input.below(4);
        EventFd resample = new EventFd();
        resample.listen(() -> {
            fabric.work.step();
            resample.read();
            switch (answer) {
                case 1 -> trigger.signal();
                case 2 -> fabric.chip.irqfdDeassign(trigger, gsi);
                case 3 -> trigger.close();
                default -> {
                    // The device is served.
                }
            }
        });
        fabric.chip.irqfdAssign(trigger, gsi, resample);
    }

    private void replace() {
        int index = input.below(EVENTFDS);
        eventFds[index].close();
        eventFds[index] = new EventFd();
    }

    /** One that goes after so many acknowledgements, and perhaps acknowledges or raises something itself. */
    private void notifier() {
        int gsi = gsi();
        int other = gsi();
        int answer = input.below(3);
        int[] left = {1 + input.below(8)};
        AckNotifier[] self = new AckNotifier[1];
        self[0] = ended -> {
            fabric.work.step();
            if (--left[0] <= 0) {
                fabric.chip.removeAckNotifier(gsi, self[0]);
            }
            switch (answer) {
                case 1 -> fabric.chip.irqLine(other, true, 0);
                case 2 -> fabric.chip.acknowledge(other);
                default -> {
                    // It only listens.
                }
            }
        };
        fabric.chip.addAckNotifier(gsi, self[0]);
    }

    private void line() {
        if (lines.isEmpty() || input.below(4) == 0) {
            lines.add(fabric.chip.line(gsi()));
        }
        InterruptLine line = lines.get(input.below(lines.size()));
        switch (input.below(5)) {
            case 0 -> line.raise();
            case 1 -> line.lower();
            case 2 -> line.pulse();
            case 3 -> line.listen(line::raise);
            default -> {
                line.close();
                lines.remove(line);
            }
        }
    }

    private void ioEventFd() {
        IoEventFds.Space space = input.flag() ? IoEventFds.Space.PIO : IoEventFds.Space.MMIO;
        long address = input.value();
        int length = input.below(10);
        Long datamatch = input.flag() ? null : input.value();
        switch (input.below(3)) {
            case 0 -> ioEventFds.assign(new IoEventFds.Match(space, address, length, datamatch), eventFd());
            case 1 -> ioEventFds.deassign(new IoEventFds.Match(space, address, length, datamatch), eventFd());
            default -> ioEventFds.write(space, address, 1 << (length & 3), input.value());
        }
    }
}
