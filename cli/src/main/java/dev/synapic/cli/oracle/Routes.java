// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import dev.synapic.interrupts.routing.GsiRoute;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** GSI routes as JSON objects, as requests and saved states have them. */
final class Routes {
    private enum Type {
        IRQCHIP(Set.of("gsi", "type", "chip", "pin")),
        MSI(Set.of("gsi", "type", "address", "data")),
        HV_SINT(Set.of("gsi", "type", "vp", "sint"));

        @SuppressWarnings("ImmutableEnumChecker") // an immutable set
        private final Set<String> fields;

        Type(Set<String> fields) {
            this.fields = fields;
        }
    }

    private Routes() {}

    static GsiRoute of(Fields fields) {
        fields.value("type");
        Type type = fields.choice(
                "type", Map.of("irqchip", Type.IRQCHIP, "msi", Type.MSI, "hv-sint", Type.HV_SINT), Type.MSI);
        fields.allowOnly(type.fields);
        int gsi = fields.word("gsi");
        return switch (type) {
            case IRQCHIP -> new GsiRoute.IrqChipPin(gsi, fields.word("chip"), fields.word("pin"));
            case MSI -> new GsiRoute.Msi(gsi, fields.number("address"), fields.word("data"));
            case HV_SINT -> new GsiRoute.HvSint(gsi, fields.word("vp"), fields.word("sint"));
        };
    }

    static Map<String, @Nullable Object> json(GsiRoute route) {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("gsi", word(route.gsi()));
        switch (route) {
            case GsiRoute.IrqChipPin pin -> {
                json.put("type", "irqchip");
                json.put("chip", word(pin.chip()));
                json.put("pin", word(pin.pin()));
            }
            case GsiRoute.Msi msi -> {
                json.put("type", "msi");
                json.put("address", Numbers.hex(msi.address()));
                json.put("data", word(msi.data()));
            }
            case GsiRoute.HvSint hvSint -> {
                json.put("type", "hv-sint");
                json.put("vp", word(hvSint.vpIndex()));
                json.put("sint", word(hvSint.sint()));
            }
        }
        return json;
    }

    private static String word(int value) {
        return Numbers.hex(Integer.toUnsignedLong(value));
    }
}
