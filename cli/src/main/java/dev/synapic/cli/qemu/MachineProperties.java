// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.PcConfig;
import java.util.List;

/** What {@code -machine}, {@code -accel} and {@code -global} say about the board. */
final class MachineProperties {
    private static final List<String> MACHINES = List.of("pc", "q35", "pc-i440fx-7.2", "pc-q35-7.2");

    private IrqChip.Mode irqchip = IrqChip.Mode.FULL;
    private boolean pit = true;
    private PcConfig.LostTicks lostTicks = PcConfig.LostTicks.REINJECT;

    void take(String argument) {
        KeyValues.each(argument, "type", this::property);
    }

    private void property(String key, String value) {
        switch (key) {
            case "type" -> {
                if (!MACHINES.contains(value)) {
                    throw new ConfigurationException(
                            "unsupported machine type '" + value + "': use -machine help to list supported machines");
                }
            }
            case "accel" -> List.of(value.split(":")).forEach(MachineProperties::checkAccelerator);
            case "kernel-irqchip", "kernel_irqchip" -> irqchip = irqchip(value);
            case "pit" -> pit = KeyValues.onOff(key, value);
            case "smm", "vmport" -> absent(key, value);
            default -> throw new ConfigurationException("Property 'pc-machine.%s' not found".formatted(key));
        }
    }

    /** An argument of {@code -accel}. */
    void accelerator(String argument) {
        KeyValues.each(argument, "accel", (key, value) -> {
            switch (key) {
                case "accel" -> checkAccelerator(value);
                case "kernel-irqchip" -> irqchip = irqchip(value);
                default ->
                    throw new ConfigurationException(
                            "-accel %s: Property 'kvm-accel.%s' not found".formatted(argument, key));
            }
        });
    }

    private static void checkAccelerator(String name) {
        if (!name.equals("kvm") && !name.equals("tcg")) {
            throw new ConfigurationException("invalid accelerator " + name);
        }
    }

    /** The guest finds the same chips whether they are KVM's or QEMU's. */
    private static IrqChip.Mode irqchip(String value) {
        return switch (value) {
            case "on", "off" -> IrqChip.Mode.FULL;
            case "split" -> IrqChip.Mode.SPLIT;
            default ->
                throw new ConfigurationException(
                        "Parameter 'kernel-irqchip' does not accept value '%s'".formatted(value));
        };
    }

    private static void absent(String key, String value) {
        if (!value.equals("off") && !value.equals("auto")) {
            throw new ConfigurationException("-machine %s=%s: not there; only 'off' and 'auto'".formatted(key, value));
        }
    }

    /** An argument of {@code -global}. */
    void global(String argument) {
        KeyValues.each(argument, "", (key, value) -> {
            if (!key.equals("kvm-pit.lost_tick_policy")) {
                throw new ConfigurationException("-global %s: Invalid parameter '%s'".formatted(argument, key));
            }
            lostTicks = switch (value) {
                case "discard" -> PcConfig.LostTicks.DISCARD;
                case "delay" -> PcConfig.LostTicks.REINJECT;
                default ->
                    throw new ConfigurationException("can't apply global %s: delay or discard".formatted(argument));
            };
        });
    }

    IrqChip.Mode irqchip() {
        return irqchip;
    }

    boolean pit() {
        return pit;
    }

    PcConfig.LostTicks lostTicks() {
        return lostTicks;
    }
}
