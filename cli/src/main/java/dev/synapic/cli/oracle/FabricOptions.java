// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicModel;
import dev.synapic.interrupts.apic.DirectedEoi;
import dev.synapic.interrupts.apic.LowestPriority;
import dev.synapic.interrupts.apic.ReservedBits;
import dev.synapic.interrupts.apicv.SynIcApicvPolicy;
import dev.synapic.interrupts.hyperv.SynIc;
import dev.synapic.interrupts.ioapic.IoApicModel;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.machine.InterruptSwitches;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a fabric is made of: the fields of {@code create}.
 *
 * @param apicIds of the processors, in their order
 * @param synIc how SynICs are activated; null: not at all
 * @param svr what is written to the spurious-vector register of each APIC; 0 for nothing
 * @param events the names of the events that are told
 */
record FabricOptions(
        List<Integer> apicIds,
        boolean x2ApicMode,
        Face face,
        long memoryBytes,
        IrqChip.Mode irqChip,
        ApicModel apicModel,
        LowestPriority lowestPriority,
        IoApicModel ioApicModel,
        Acceleration acceleration,
        SynIcApicvPolicy.Rule apicvPolicy,
        SynIc.@Nullable Activation synIc,
        int tscTicksPerNano,
        int svr,
        Set<String> events,
        List<Connection> connections) {
    static final int MOST_PROCESSORS = 1024;
    static final long MOST_MEMORY = 256L << 20;
    private static final long USUAL_MEMORY = 16L << 20;
    private static final int HIGHEST_APIC_ID = 0xF_FFFF;
    private static final int MOST_CONNECTIONS = 1024;

    /** Whose paravirtual interface the guest finds. */
    enum Face {
        NONE(false, false),
        KVM(true, false),
        HYPERV(false, true),
        BOTH(true, true);

        private final boolean kvm;
        private final boolean hyperv;

        Face(boolean kvm, boolean hyperv) {
            this.kvm = kvm;
            this.hyperv = hyperv;
        }

        boolean hasKvm() {
            return kvm;
        }

        boolean hasHyperv() {
            return hyperv;
        }
    }

    /** Whose hardware virtualizes the APICs. */
    enum Acceleration {
        NONE,
        APICV,
        AVIC
    }

    private enum ApicMode {
        XAPIC,
        X2APIC,
        XAPIC_ONLY
    }

    /** Whether a guest may suppress EOI broadcasts, or null for the board's usual way. */
    private record DirectedEoiChoice(@Nullable DirectedEoi policy) {}

    private record SynIcChoice(SynIc.@Nullable Activation activation) {}

    /** Where a guest's HvCallPostMessage or HvCallSignalEvent goes: to a SINT, or to an eventfd. */
    record Connection(int id, Kind kind, int vp, int sint, String eventFd) {
        enum Kind {
            MESSAGE,
            EVENT,
            EVENTFD
        }
    }

    boolean isFull() {
        return irqChip == IrqChip.Mode.FULL;
    }

    static final Set<String> FIELDS = Set.of(
            "op",
            "vcpus",
            "apicIds",
            "apicMode",
            "face",
            "memory",
            "irqchip",
            "reservedBits",
            "directedEoi",
            "tscDeadline",
            "physicalAddressBits",
            "apicTimerNanosPerTick",
            "lowestPriority",
            "ioapicVersion",
            "extendedDestinations",
            "acceleration",
            "apicvPolicy",
            "synic",
            "tscTicksPerNano",
            "svr",
            "events",
            "connections");

    static FabricOptions of(Fields fields) {
        IrqChip.Mode irqChip = fields.choice(
                "irqchip", Map.of("full", IrqChip.Mode.FULL, "split", IrqChip.Mode.SPLIT), IrqChip.Mode.FULL);
        ApicMode mode = fields.choice(
                "apicMode",
                Map.of("xapic", ApicMode.XAPIC, "x2apic", ApicMode.X2APIC, "xapic-only", ApicMode.XAPIC_ONLY),
                ApicMode.XAPIC);
        Face face = fields.choice(
                "face",
                Map.of("none", Face.NONE, "kvm", Face.KVM, "hyperv", Face.HYPERV, "both", Face.BOTH),
                Face.BOTH);
        List<Integer> apicIds = apicIds(fields);
        IoApicModel.Version version = ioApicVersion(fields, irqChip);
        return new FabricOptions(
                apicIds,
                mode == ApicMode.X2APIC,
                face,
                memory(fields),
                irqChip,
                apicModel(fields, mode != ApicMode.XAPIC_ONLY, directedEoi(fields, irqChip, version)),
                fields.choice(
                        "lowestPriority",
                        Map.of("priority", LowestPriority.BY_PRIORITY, "vector", LowestPriority.BY_VECTOR),
                        LowestPriority.BY_PRIORITY),
                ioApicModel(fields, version),
                fields.choice(
                        "acceleration",
                        Map.of("none", Acceleration.NONE, "apicv", Acceleration.APICV, "avic", Acceleration.AVIC),
                        Acceleration.NONE),
                fields.choice(
                        "apicvPolicy",
                        Map.of(
                                "auto-eoi",
                                SynIcApicvPolicy.Rule.AUTO_EOI,
                                "activation",
                                SynIcApicvPolicy.Rule.ACTIVATION),
                        SynIcApicvPolicy.Rule.AUTO_EOI),
                synIc(fields, face),
                fields.integer("tscTicksPerNano", 1, 10, 2),
                fields.integer("svr", 0, 0x1FFF, 0),
                events(fields),
                connections(fields, apicIds.size()));
    }

    private static List<Integer> apicIds(Fields fields) {
        boolean given = fields.has("apicIds");
        int listed = given ? fields.list("apicIds", MOST_PROCESSORS).size() : 1;
        int count = fields.integer("vcpus", 1, MOST_PROCESSORS, Math.max(listed, 1));
        List<Integer> ids = new ArrayList<>();
        if (!given) {
            for (int i = 0; i < count; i++) {
                ids.add(i);
            }
            return List.copyOf(ids);
        }
        if (listed != count) {
            throw new BadRequest(
                    "field 'apicIds' has " + listed + " elements; give one for each of " + count + " vCPUs");
        }
        Set<Integer> seen = new HashSet<>();
        for (long id : fields.numbers("apicIds", MOST_PROCESSORS)) {
            if (id < 0 || id > HIGHEST_APIC_ID || !seen.add((int) id)) {
                throw new BadRequest(
                        "field 'apicIds' has " + Numbers.hex(id) + "; give ids up to 0xfffff, each one once");
            }
            ids.add((int) id);
        }
        return List.copyOf(ids);
    }

    private static long memory(Fields fields) {
        long bytes = fields.number("memory", USUAL_MEMORY);
        if (bytes < GuestMemory.PAGE_SIZE || bytes > MOST_MEMORY || bytes % GuestMemory.PAGE_SIZE != 0) {
            throw new BadRequest("field 'memory' is " + Numbers.hex(bytes) + "; give bytes, a multiple of 0x1000 up to "
                    + Numbers.hex(MOST_MEMORY));
        }
        return bytes;
    }

    private static ApicModel apicModel(Fields fields, boolean x2apic, DirectedEoi directedEoi) {
        ReservedBits reservedBits = fields.choice(
                "reservedBits", Map.of("strict", ReservedBits.STRICT, "kvm", ReservedBits.KVM), ReservedBits.STRICT);
        ApicModel usual = ApicModel.DEFAULT;
        return new ApicModel(
                x2apic,
                fields.flag("tscDeadline", usual.tscDeadline()),
                usual.cmci(),
                fields.integer("physicalAddressBits", 32, 52, usual.physicalAddressBits()),
                fields.integer("apicTimerNanosPerTick", 1, 1000, usual.nanosPerTick()),
                reservedBits,
                directedEoi);
    }

    private static DirectedEoi directedEoi(Fields fields, IrqChip.Mode irqChip, IoApicModel.Version version) {
        DirectedEoi chosen = fields.choice(
                        "directedEoi",
                        Map.of(
                                "disabled",
                                new DirectedEoiChoice(DirectedEoi.DISABLED),
                                "enabled",
                                new DirectedEoiChoice(DirectedEoi.ENABLED),
                                "quirked",
                                new DirectedEoiChoice(DirectedEoi.QUIRKED)),
                        new DirectedEoiChoice(null))
                .policy();
        if (chosen == DirectedEoi.ENABLED && version == IoApicModel.Version.V11) {
            throw new BadRequest("field 'directedEoi' is \"enabled\"; that needs \"ioapicVersion\":\"0x20\"");
        }
        return chosen == null ? InterruptSwitches.STANDARD.directedEoi(irqChip) : chosen;
    }

    private static IoApicModel.Version ioApicVersion(Fields fields, IrqChip.Mode irqChip) {
        return fields.choice(
                "ioapicVersion",
                Map.of("0x11", IoApicModel.Version.V11, "0x20", IoApicModel.Version.V20),
                InterruptSwitches.STANDARD.ioApic(irqChip));
    }

    private static IoApicModel ioApicModel(Fields fields, IoApicModel.Version version) {
        IoApicModel model = version == IoApicModel.Version.V20 ? IoApicModel.V20 : IoApicModel.V11;
        boolean extended = fields.flag("extendedDestinations", false);
        return extended ? model.with(IoApicModel.Destination.FIFTEEN_BITS) : model;
    }

    private static SynIc.@Nullable Activation synIc(Fields fields, Face face) {
        SynIcChoice none = new SynIcChoice(null);
        SynIcChoice first = new SynIcChoice(SynIc.Activation.SYNIC);
        return fields.choice(
                        "synic",
                        Map.of("none", none, "synic", first, "synic2", new SynIcChoice(SynIc.Activation.SYNIC2)),
                        face.hasHyperv() ? first : none)
                .activation();
    }

    private static Set<String> events(Fields fields) {
        Set<String> names = EventLog.names();
        if (!fields.has("events")) {
            return Set.copyOf(names);
        }
        Set<String> told = new HashSet<>();
        for (Object name : fields.list("events", names.size())) {
            if (!(name instanceof String known) || !names.contains(known)) {
                throw new BadRequest(
                        "field 'events' has " + Numbers.shown(name) + "; there are: " + String.join(", ", names));
            }
            told.add(known);
        }
        return Set.copyOf(told);
    }

    private static List<Connection> connections(Fields fields, int processors) {
        List<Connection> connections = new ArrayList<>();
        if (!fields.has("connections")) {
            return connections;
        }
        for (Fields each : fields.objects("connections", MOST_CONNECTIONS)) {
            each.allowOnly(Set.of("id", "kind", "vp", "sint", "eventfd"));
            each.value("kind");
            Connection.Kind kind = each.choice(
                    "kind",
                    Map.of(
                            "message",
                            Connection.Kind.MESSAGE,
                            "event",
                            Connection.Kind.EVENT,
                            "eventfd",
                            Connection.Kind.EVENTFD),
                    Connection.Kind.MESSAGE);
            boolean isEventFd = kind == Connection.Kind.EVENTFD;
            connections.add(new Connection(
                    each.integer("id", 0, 0xFF_FFFF),
                    kind,
                    isEventFd ? 0 : each.integer("vp", 0, processors - 1),
                    isEventFd ? 0 : each.integer("sint", 0, 15),
                    isEventFd ? each.text("eventfd", EventFds.LONGEST_NAME) : ""));
        }
        return List.copyOf(connections);
    }
}
