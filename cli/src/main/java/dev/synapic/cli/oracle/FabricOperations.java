// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What happens to a fabric as a whole: time, state, reset. */
final class FabricOperations {
    /** So that no request takes long; another one goes on. */
    private static final int MOST_DEADLINES = 10_000;

    private FabricOperations() {}

    static Map<String, Operation> table() {
        return Map.of(
                "advance", Operation.of(FabricOperations::advance, "ns"),
                "state", Operation.of(FabricOperations::state),
                "restore", Operation.of(FabricOperations::restore, "state"),
                "reset", Operation.of(FabricOperations::reset));
    }

    private static Object advance(DrivenFabric fabric, Fields fields) {
        FabricTime time = fabric.time();
        long until = time.nanos() + fields.inRange("ns", 0, FabricTime.LAST_NANOS - time.nanos());
        fabric.advance(until, MOST_DEADLINES);
        Map<String, @Nullable Object> result = new LinkedHashMap<>();
        result.put("ns", time.nanos());
        result.put("complete", time.nanos() == until);
        return result;
    }

    private static @Nullable Object state(DrivenFabric fabric, Fields fields) {
        return StateJson.json(OracleState.of(fabric));
    }

    private static @Nullable Object restore(DrivenFabric fabric, Fields fields) {
        OracleState state = StateJson.read("state", fields.value("state"));
        try {
            state.restoreInto(fabric);
        } catch (IllegalArgumentException refused) {
            throw new BadRequest("field 'state': " + refused.getMessage());
        }
        return null;
    }

    private static @Nullable Object reset(DrivenFabric fabric, Fields fields) {
        fabric.reset();
        return null;
    }
}
