// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import dev.synapic.cli.terminal.Json;
import dev.synapic.cli.terminal.Quantity;
import dev.synapic.machine.Machine;
import dev.synapic.machine.RunResult;
import dev.synapic.machine.Vcpu;
import dev.synapic.machine.VectorCounts;
import dev.synapic.machine.VmbusBoard;
import dev.synapic.machine.exits.ExitReason;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is told about a run when it has ended. */
public final class RunReport {
    private static final double PS_PER_NS = 1_000;

    private final Machine machine;
    private final RunResult result;
    private final ExitDetails details;
    private final @Nullable ExitSymbols symbols;

    /** symbols are the exits by the guest's functions, null where nobody asked for them. */
    public RunReport(Machine machine, RunResult result, ExitDetails details, @Nullable ExitSymbols symbols) {
        this.machine = machine;
        this.result = result;
        this.details = details;
        this.symbols = symbols;
    }

    /** What the user should know even without asking: why APICv was off, which instructions are missing. */
    public List<String> notes() {
        List<String> notes = new ArrayList<>();
        List<String> inhibits = machine.apicvInhibitReasonsSeen();
        if (!inhibits.isEmpty()) {
            notes.add("synapic: APICv was inhibited: " + String.join(", ", inhibits));
        }
        if (machine.unknownInstructions().total() > 0) {
            notes.add("synapic: instructions that this engine does not know, raised as #UD:");
            machine.unknownInstructions()
                    .seen()
                    .forEach((what, n) -> notes.add("synapic:   " + what + ", " + n + " times"));
        }
        return notes;
    }

    /** The exits of all vCPUs, and of each where asked for. */
    public List<String> exits(boolean perVcpu) {
        List<String> lines = new ArrayList<>();
        lines.add("");
        lines.add(String.format(
                Locale.ROOT,
                "%d vCPUs, %s of virtual time, profile %s; trace %s",
                machine.vcpus().size(),
                Quantity.time(machine.nowPs()),
                machine.config().profile().name(),
                Quantity.hash(machine.traceHash())));
        lines.add("");
        lines.addAll(ExitTable.lines(machine.exitCounters(), details::describe));
        if (symbols != null) {
            lines.add("");
            lines.addAll(symbols.lines());
        }
        if (perVcpu) {
            for (Vcpu vcpu : machine.vcpus()) {
                lines.add("");
                lines.add("vcpu " + vcpu.index());
                lines.addAll(ExitTable.lines(vcpu.exitCounters(), ExitNames::meaning));
            }
        }
        return lines;
    }

    /** How it ended, for standard error; nothing where the guest ended it. */
    public List<String> ending() {
        List<String> lines = new ArrayList<>();
        if (!isClean()) {
            lines.add("synapic: " + result.reason());
        }
        if (isStuck()) {
            lines.addAll(machine.stateDump().lines().toList());
        }
        return lines;
    }

    private boolean isClean() {
        return result.outcome() == RunResult.Outcome.GUEST_EXIT || result.outcome() == RunResult.Outcome.POWER_OFF;
    }

    private boolean isStuck() {
        return result.outcome() == RunResult.Outcome.DEADLOCK || result.outcome() == RunResult.Outcome.TRIPLE_FAULT;
    }

    /** All of it for machines; command is what came of a command in the guest, or null. */
    public String json(String console, @Nullable Map<String, @Nullable Object> command) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        object.put("schema", "synapic.run/1");
        object.put("outcome", result.outcome().name().toLowerCase(Locale.ROOT).replace('_', '-'));
        object.put("reason", result.reason());
        object.put("guestStatus", result.outcome() == RunResult.Outcome.GUEST_EXIT ? result.guestStatus() : null);
        object.put("vcpus", machine.vcpus().size());
        object.put("memoryBytes", machine.config().memoryBytes());
        object.put("profile", machine.config().profile().name());
        object.put("seed", machine.config().seed());
        object.put("virtualNs", Json.number(machine.nowPs() / PS_PER_NS));
        object.put("traceHash", Quantity.hash(machine.traceHash()));
        object.put("traceEvents", machine.traceEvents());
        object.put("apicvInhibitReasons", machine.apicvInhibitReasons());
        object.put("apicvInhibitReasonsSeen", machine.apicvInhibitReasonsSeen());
        object.put("interrupts", interrupts());
        VmbusBoard vmbus = machine.vmbus();
        object.put("vmbus", vmbus == null ? null : VmbusJson.of(vmbus));
        object.put("exitsTotal", machine.exitCounters().total());
        object.put("exits", ExitTable.json(machine.exitCounters()));
        if (symbols != null) {
            object.put("exitSymbols", symbols.json());
        }
        object.put("perVcpu", machine.vcpus().stream().map(RunReport::vcpu).toList());
        object.put("unknownInstructions", machine.unknownInstructions().seen());
        object.put("stateDump", isStuck() ? machine.stateDump() : null);
        object.put("console", console);
        if (command != null) {
            object.put("command", command);
        }
        return Json.text(object);
    }

    private Map<String, Object> interrupts() {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("ipisSent", machine.interrupts().ipisSent());
        object.put("accepted", machine.interrupts().accepted());
        object.put("coalesced", machine.interrupts().coalesced());
        object.put("taken", machine.interrupts().acknowledged());
        object.put("eois", machine.interrupts().eois());
        return object;
    }

    private static Map<String, Object> vcpu(Vcpu vcpu) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("vcpu", vcpu.index());
        object.put("virtualNs", Json.number(vcpu.nowPs() / PS_PER_NS));
        Map<String, Object> exits = new LinkedHashMap<>();
        for (ExitReason reason : ExitReason.values()) {
            if (vcpu.exitCounters().countOf(reason) != 0) {
                exits.put(reason.name(), vcpu.exitCounters().countOf(reason));
            }
        }
        object.put("exits", exits);
        Map<String, Object> vectors = new LinkedHashMap<>();
        for (int vector = 0; vector < VectorCounts.VECTORS; vector++) {
            if (vcpu.vectors().countOf(vector) != 0) {
                vectors.put("0x%02x".formatted(vector), vcpu.vectors().countOf(vector));
            }
        }
        object.put("vectorsTaken", vectors);
        return object;
    }
}
