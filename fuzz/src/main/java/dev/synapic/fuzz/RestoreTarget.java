// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import dev.synapic.interrupts.FabricState;
import dev.synapic.interrupts.apic.ApicPage;
import dev.synapic.interrupts.apic.LocalApic;

/**
 * States of which any number and list may be another, and APIC pages of any bytes: refused by one line of
 * {@link IllegalArgumentException}, or taken over, and then consistent.
 */
public final class RestoreTarget {
    private static final int ACTS_BEFORE = 12;
    private static final int ACTS_AFTER = 24;

    private RestoreTarget() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        FuzzInput input = new FuzzInput(bytes);
        FabricShape shape = FabricShape.of(input.u16());
        try (FuzzedFabric source = new FuzzedFabric(shape)) {
            Surroundings.boot(source);
            act(source, input, input.below(ACTS_BEFORE));
            source.request();
            FuzzedFabric victim = new FuzzedFabric(shape, source.memory);
            victim.nanos = source.nanos;
            if (input.flag() ? page(victim, input) : records(victim, source.fabric.save(), input)) {
                victim.checkApics();
                FabricState taken = victim.checkedState();
                act(victim, input, ACTS_AFTER);
                victim.request();
                victim.fabric.restore(taken);
                victim.fabric.reset();
                victim.checkApics();
                victim.checkedState();
            }
        }
    }

    private static void act(FuzzedFabric fabric, FuzzInput input, int acts) {
        Surroundings surroundings = new Surroundings(fabric, input);
        for (int i = 0; i < acts; i++) {
            surroundings.act();
            fabric.run();
        }
    }

    private static boolean records(FuzzedFabric victim, FabricState state, FuzzInput input) {
        try {
            victim.fabric.restore((FabricState) new AlteredRecords(input).altered(state));
            return true;
        } catch (IllegalArgumentException refused) {
            checkRefusal(refused);
            return false;
        }
    }

    private static boolean page(FuzzedFabric victim, FuzzInput input) {
        LocalApic apic = victim.apics.get(input.below(victim.apics.size()));
        boolean wide = input.flag();
        byte[] page;
        if (input.below(8) == 0) {
            page = input.rest();
        } else {
            page = ApicPage.get(apic, wide);
            int changes = input.below(16);
            for (int i = 0; i < changes; i++) {
                page[input.u16() % page.length] = (byte) input.u8();
            }
        }
        try {
            ApicPage.set(apic, page, wide);
            return true;
        } catch (IllegalArgumentException refused) {
            checkRefusal(refused);
            return false;
        }
    }

    private static void checkRefusal(IllegalArgumentException refused) {
        String message = refused.getMessage();
        if (message == null || message.isBlank() || message.contains("\n")) {
            throw new AssertionError("a refusal without a line that says why", refused);
        }
    }
}
