// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import dev.synapic.interrupts.hyperv.SynIcMessage;
import dev.synapic.interrupts.ioapic.IoApic;
import dev.synapic.interrupts.routing.EventFd;
import dev.synapic.interrupts.routing.GsiRoute;
import dev.synapic.interrupts.routing.GsiRoutingTable;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.spec.hyperv.HvEventFlags;
import dev.synapic.spec.hyperv.HvMessage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What devices and a VMM do: lines, messages, routes, irqfds, and the ports of SINTs. */
final class VmmOperations {
    private static final int SOURCES = 64;
    private static final long MOST_SIGNALS = 0xFFFF_FFFFL;

    private VmmOperations() {}

    static Map<String, Operation> table() {
        return Map.of(
                "line", Operation.of(VmmOperations::line, "gsi", "level", "source"),
                "msi", Operation.of(VmmOperations::msi, "address", "data"),
                "route", Operation.of(VmmOperations::route, "set", "add", "remove"),
                "irqfd", Operation.of(VmmOperations::irqfd, "gsi", "eventfd", "resample", "deassign"),
                "signal", Operation.of(VmmOperations::signal, "eventfd", "count"),
                "post-message", Operation.of(VmmOperations::postMessage, "vp", "sint", "type", "sender", "payload"),
                "signal-event", Operation.of(VmmOperations::signalEvent, "vp", "sint", "flag"));
    }

    // ---- raising ----------------------------------------------------------------------------------------------------

    /** With a split chip the VMM's own chips have the pins. */
    private static Object line(DrivenFabric fabric, Fields fields) {
        int gsi = fields.integer("gsi", 0, GsiRoutingTable.MAX_GSI - 1);
        boolean level = fields.level("level");
        int source = fields.integer("source", 0, SOURCES - 1, IrqChip.USERSPACE_SOURCE_ID);
        IrqChip irqChip =
                gsi < IoApic.PINS ? fabric.chips().devices() : fabric.chips().processors();
        return Numbers.signedHex(irqChip.irqLine(gsi, level, source));
    }

    private static Object msi(DrivenFabric fabric, Fields fields) {
        long address = fields.number("address");
        int data = fields.word("data");
        return Numbers.signedHex(fabric.chips().processors().signalMsi(address, data));
    }

    // ---- routing ----------------------------------------------------------------------------------------------------

    private static Object route(DrivenFabric fabric, Fields fields) {
        IrqChip irqChip = fabric.chips().processors();
        UnaryOperator<GsiRoutingTable> change = change(fabric, fields);
        irqChip.updateGsiRouting(change);
        return Numbers.hex(irqChip.gsiRouting().entries().size());
    }

    private static UnaryOperator<GsiRoutingTable> change(DrivenFabric fabric, Fields fields) {
        if ((fields.has("set") ? 1 : 0) + (fields.has("add") ? 1 : 0) + (fields.has("remove") ? 1 : 0) != 1) {
            throw new BadRequest("give one of the fields 'set', 'add' and 'remove'");
        }
        int first = fabric.chips().isSplit() ? IoApic.PINS : 0;
        if (fields.has("remove")) {
            Set<Integer> gone = new HashSet<>();
            for (long gsi : fields.numbers("remove", GsiRoutingTable.MAX_GSI)) {
                gone.add(checkedGsi("field 'remove'", gsi, first));
            }
            return table -> with(table, gone, List.of());
        }
        String name = fields.has("set") ? "set" : "add";
        List<GsiRoute> routes = new ArrayList<>();
        Set<Integer> gsis = new HashSet<>();
        for (Fields each : fields.objects(name, GsiRoutingTable.MAX_GSI)) {
            GsiRoute route = Routes.of(each);
            gsis.add(checkedGsi("field '" + name + "[" + routes.size() + "].gsi'", route.gsi(), first));
            routes.add(route);
        }
        return name.equals("add")
                ? table -> with(table, gsis, routes)
                : table -> with(table, clients(table, first), routes);
    }

    /** The I/O APIC of a split chip and the ports of SINTs have routes of their own. */
    private static int checkedGsi(String what, long gsi, int first) {
        if (gsi < first || gsi >= SintPorts.FIRST_GSI) {
            throw new BadRequest(
                    what + " is " + gsi + "; the client's are " + first + " to " + (SintPorts.FIRST_GSI - 1));
        }
        return (int) gsi;
    }

    private static Set<Integer> clients(GsiRoutingTable table, int first) {
        Set<Integer> gsis = new HashSet<>();
        for (GsiRoute route : table.entries()) {
            if (route.gsi() >= first && route.gsi() < SintPorts.FIRST_GSI) {
                gsis.add(route.gsi());
            }
        }
        return gsis;
    }

    private static GsiRoutingTable with(GsiRoutingTable table, Set<Integer> gone, List<GsiRoute> added) {
        List<GsiRoute> routes = new ArrayList<>();
        for (GsiRoute route : table.entries()) {
            if (!gone.contains(route.gsi())) {
                routes.add(route);
            }
        }
        routes.addAll(added);
        return GsiRoutingTable.of(routes);
    }

    // ---- eventfds ---------------------------------------------------------------------------------------------------

    private static @Nullable Object irqfd(DrivenFabric fabric, Fields fields) {
        int gsi = fields.integer("gsi", 0, SintPorts.FIRST_GSI - 1);
        boolean deassign = fields.flag("deassign", false);
        String resample = fields.has("resample") ? fields.text("resample", EventFds.LONGEST_NAME) : null;
        if (deassign && resample != null) {
            throw new BadRequest(
                    "field 'resample' stands beside 'deassign'; the irqfd is known by 'gsi' and 'eventfd'");
        }
        EventFd trigger = eventFd(fabric, fields);
        IrqChip irqChip = fabric.chips().processors();
        if (deassign) {
            return irqChip.irqfdDeassign(trigger, gsi);
        }
        if (resample == null) {
            irqChip.irqfdAssign(trigger, gsi);
        } else {
            irqChip.irqfdAssign(trigger, gsi, fabric.eventFds().get(resample));
        }
        return null;
    }

    private static @Nullable Object signal(DrivenFabric fabric, Fields fields) {
        long count = fields.has("count") ? fields.inRange("count", 1, MOST_SIGNALS) : 1;
        eventFd(fabric, fields).signal(count);
        return null;
    }

    private static EventFd eventFd(DrivenFabric fabric, Fields fields) {
        return fabric.eventFds().get(fields.text("eventfd", EventFds.LONGEST_NAME));
    }

    // ---- SINTs ------------------------------------------------------------------------------------------------------

    private static Object postMessage(DrivenFabric fabric, Fields fields) {
        int type = fields.word("type");
        if (type == HvMessage.TYPE_NONE) {
            throw new BadRequest("field 'type' is 0, which means an empty slot; a message has another one");
        }
        long sender = fields.number("sender", 0);
        byte[] payload = fields.has("payload") ? fields.bytes("payload", HvMessage.MAX_PAYLOAD_BYTES) : new byte[0];
        int status = fabric.ports().post(place(fabric, fields), new SynIcMessage(type, sender, payload));
        return Numbers.hex(status);
    }

    private static Object signalEvent(DrivenFabric fabric, Fields fields) {
        int flag = fields.integer("flag", 0, HvEventFlags.FLAGS_PER_SINT - 1);
        return Numbers.hex(fabric.ports().signal(place(fabric, fields), flag));
    }

    private static SintPorts.Place place(DrivenFabric fabric, Fields fields) {
        int vp = fields.integer("vp", 0, fabric.processors().size() - 1);
        return new SintPorts.Place(vp, fields.integer("sint", 0, 15));
    }
}
