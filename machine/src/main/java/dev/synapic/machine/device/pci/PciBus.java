// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.pci;

import dev.synapic.machine.bus.Buses;
import dev.synapic.machine.bus.IoDevice;
import dev.synapic.machine.bus.MmioDevice;
import dev.synapic.machine.bus.PinLines;
import dev.synapic.machine.device.ResetControl;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * PCI bus 0 with its configuration ports.
 *
 * <ul>
 *   <li>Models: configuration mechanism #1 and enhanced access, functions that come and go in the address spaces as their BARs say, INTA to INTD of
 *       each slot by the ISA bridge's routing registers to GSIs, the resources that firmware hands out.
 *   <li>Spec: PCI Local Bus 3.0, 3.2.2.3.2; PCI Express 4.0, 7.2.2; Intel 440FX (290549) and PIIX3 (290550) data sheets.
 *   <li>Not modelled: other buses, mechanism #2, special cycles. Of BARs that overlap, that of the lower function answers. As
 *       in QEMU, bits 1:0 of the address port select a byte, too: guests (kvm-unit-tests) read bytes so.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class PciBus implements IoDevice {
    public static final int ADDRESS_PORT = 0xCF8;
    public static final int DATA_PORT = 0xCFC;
    public static final int PORTS = 8;

    /** Where each function has 4 KiB of memory for its configuration space, for 256 buses. */
    public static final long ECAM = 0xE000_0000L;

    public static final long ECAM_BYTES = 256L << 20;
    private static final int ECAM_DEVFN_SHIFT = 12;
    private static final int ECAM_FUNCTIONS = 256;
    private static final int ECAM_REGISTER = 0xFFF;

    /** Where firmware puts memory BARs, from the top down, and I/O BARs, from the bottom up. */
    private static final long MEMORY_TOP = 0xFEC0_0000L;

    private static final int IO_BOTTOM = 0xC000;
    private static final long MEMORY_64_BOTTOM = 0x80_0000_0000L;

    private static final int DATA = DATA_PORT - ADDRESS_PORT;
    private static final int RESET = ResetControl.PORT - ADDRESS_PORT;
    private static final int ENABLE = 1 << 31;
    private static final int ADDRESS_BITS = 0x80FF_FFFF;
    private static final int LINKS = 4;

    private final Buses spaces;
    private final PinLines lines;
    private final IoDevice resetControl;
    private final TreeMap<Integer, PciFunction> functions = new TreeMap<>();
    private final IsaBridge bridge = new IsaBridge();
    private final int[] driven = {-1, -1, -1, -1};
    private int address;
    private boolean quiet;

    /** lines are the GSIs; resetControl is the byte at 0xCF9. Host bridge and ISA bridge are there from the start. */
    public PciBus(Buses spaces, PinLines lines, ResetControl resetControl) {
        this.spaces = spaces;
        this.lines = lines;
        this.resetControl = resetControl;
        attach(0, 0, HostBridge.function());
        attach(IsaBridge.SLOT, 0, bridge.function());
    }

    /** Puts a function on the bus. */
    public void attach(int slot, int number, PciFunction function) {
        int devfn = slot << 3 | number;
        if (functions.putIfAbsent(devfn, function) != null) {
            throw new IllegalStateException("PCI slot %d has a function %d already".formatted(slot, number));
        }
        function.attached(this::changed);
    }

    /** The lowest slot behind the bridges without a device. */
    public int freeSlot() {
        int slot = IsaBridge.SLOT + 1;
        while (functions.containsKey(slot << 3)) {
            slot++;
        }
        return slot;
    }

    // ---- ports

    /** Only 32-bit accesses reach the address register; the byte at 0xCF9 is another device's. */
    @Override
    public int in(int offset, int size) {
        if (offset >= DATA) {
            PciFunction function = selected();
            return function == null ? -1 : function.read(register(offset), size);
        }
        if (offset == 0 && size == 4) {
            return address;
        }
        return offset == RESET && size == 1 ? resetControl.in(0, 1) : -1;
    }

    @Override
    public void out(int offset, int size, int value) {
        if (offset >= DATA) {
            PciFunction function = selected();
            if (function != null) {
                function.write(register(offset), size, value);
            }
        } else if (offset == 0 && size == 4) {
            address = value & ADDRESS_BITS;
        } else if (offset == RESET && size == 1) {
            resetControl.out(0, 1, value);
        }
    }

    /** What answers at {@link #ECAM}. A function's registers end at 256; what is behind them and on other buses reads as ones. */
    public MmioDevice enhancedAccess() {
        return new MmioDevice() {
            @Override
            public long read(long offset, int size) {
                PciFunction function = functionAt(offset, size);
                return function == null ? -1 : function.read((int) offset & ECAM_REGISTER, size);
            }

            @Override
            public void write(long offset, int size, long value) {
                PciFunction function = functionAt(offset, size);
                if (function != null) {
                    function.write((int) offset & ECAM_REGISTER, size, (int) value);
                }
            }
        };
    }

    private @Nullable PciFunction functionAt(long offset, int size) {
        long devfn = offset >>> ECAM_DEVFN_SHIFT;
        boolean answers =
                devfn < ECAM_FUNCTIONS && (offset & ECAM_REGISTER) < PciFunction.BYTES && size <= Integer.BYTES;
        return answers ? functions.get((int) devfn) : null;
    }

    private int register(int offset) {
        return address & 0xFF | offset - DATA;
    }

    private @Nullable PciFunction selected() {
        boolean busZero = (address & 0xFF_0000) == 0;
        return (address & ENABLE) != 0 && busZero ? functions.get(address >> 8 & 0xFF) : null;
    }

    // ---- what follows from the functions

    private void changed() {
        if (!quiet) {
            map();
            route();
        }
    }

    private void map() {
        for (PciFunction function : functions.values()) {
            function.bars().forEach(bar -> bar.unmap(spaces));
        }
        for (PciFunction function : functions.values()) {
            function.bars().stream().filter(function::decodes).forEach(bar -> bar.map(spaces));
        }
    }

    /** Slot and pin are spread over four links (PIIX boards: link = slot - 1 + pin), and each link leads to a GSI. */
    private void route() {
        boolean[] asserted = new boolean[LINKS];
        functions.forEach((devfn, function) -> asserted[link(devfn)] |= function.assertsInterrupt());
        for (int link = 0; link < LINKS; link++) {
            int gsi = asserted[link] ? bridge.gsiOfLink(link) : -1;
            if (gsi != driven[link]) {
                release(link);
                drive(link, gsi);
            }
        }
    }

    private void release(int link) {
        int gsi = driven[link];
        driven[link] = -1;
        if (gsi >= 0 && !isDriven(gsi)) {
            lines.set(gsi, false);
        }
    }

    private void drive(int link, int gsi) {
        if (gsi >= 0 && !isDriven(gsi)) {
            lines.set(gsi, true);
        }
        driven[link] = gsi;
    }

    private boolean isDriven(int gsi) {
        for (int other : driven) {
            if (other == gsi) {
                return true;
            }
        }
        return false;
    }

    private static int link(int devfn) {
        return link(devfn >> 3, 0);
    }

    /** The link, 0 to 3, of a slot's pin, 0 to 3. */
    public static int link(int slot, int pin) {
        return slot - 1 + pin & LINKS - 1;
    }

    // ---- firmware's work

    /** Gives every BAR an address and switches the functions on, as firmware does before it starts a guest. */
    public void assignResources() {
        bridge.routeAsFirmware();
        List<PciBar> bars = new ArrayList<>();
        functions.values().forEach(function -> bars.addAll(function.bars()));
        // The largest first, so that alignment wastes nothing; the sort keeps the order of equals.
        bars.sort(Comparator.comparingLong(PciBar::size).reversed());
        long memory = MEMORY_TOP;
        long memory64 = MEMORY_64_BOTTOM;
        long io = IO_BOTTOM;
        for (PciBar bar : bars) {
            switch (bar.kind()) {
                case IO -> {
                    bar.setAddress(io);
                    io += bar.size();
                }
                case MEMORY_32 -> {
                    memory = memory - bar.size() & -bar.size();
                    bar.setAddress(memory);
                }
                case MEMORY_64 -> {
                    memory64 = memory64 + bar.size() - 1 & -bar.size();
                    bar.setAddress(memory64);
                    memory64 += bar.size();
                }
            }
        }
        functions.forEach((devfn, function) ->
                function.enable(function.hasInterruptPin() ? IsaBridge.firmwareGsi(link(devfn)) : 0));
    }

    // ---- state

    /** All functions lose their addresses; whoever resets the machine assigns them again. */
    public void reset() {
        address = 0;
        quiet = true;
        functions.values().forEach(PciFunction::reset);
        quiet = false;
        changed();
    }

    public PciState save() {
        List<PciState.Function> saved = new ArrayList<>();
        functions.forEach((devfn, function) -> saved.add(function.save(devfn)));
        return new PciState(PciState.CURRENT_VERSION, address, saved);
    }

    public void restore(PciState state) {
        List<Integer> devfns =
                state.functions().stream().map(PciState.Function::devfn).toList();
        if (!devfns.equals(List.copyOf(functions.keySet()))) {
            throw new IllegalArgumentException(
                    "the PCI bus has functions %s, the state has %s".formatted(functions.keySet(), devfns));
        }
        address = state.address();
        quiet = true;
        for (PciState.Function saved : state.functions()) {
            Map.Entry<Integer, PciFunction> entry = functions.ceilingEntry(saved.devfn());
            entry.getValue().restore(saved);
        }
        quiet = false;
        changed();
    }
}
