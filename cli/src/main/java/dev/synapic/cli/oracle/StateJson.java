// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import dev.synapic.interrupts.FabricState;
import dev.synapic.interrupts.hyperv.GuestPorts;
import dev.synapic.interrupts.hyperv.SynIcMessage;
import dev.synapic.interrupts.pit.PitState;
import dev.synapic.interrupts.routing.GsiRoute;
import dev.synapic.spec.hyperv.HvMessage;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * States as JSON: a record is an object of its components in their order, a number a hex string of the bits that it has, a set a
 * sorted list of names.
 */
final class StateJson {
    private static final Set<Class<?>> MAY_BE_NULL =
            Set.of(FabricState.Chips.class, PitState.class, GuestPorts.State.class);
    private static final int MOST_ELEMENTS = 1 << 16;

    private StateJson() {}

    // ---- writing ----------------------------------------------------------------------------------------------------

    static @Nullable Object json(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case Integer word -> Numbers.hex(Integer.toUnsignedLong(word));
            case Long number -> Numbers.hex(number);
            case Boolean flag -> flag;
            case Set<?> names -> names.stream().map(Object::toString).sorted().toList();
            case Collection<?> list -> list(list);
            case GsiRoute route -> Routes.json(route);
            case SynIcMessage message -> message(message);
            case Record state -> object(state);
            default -> throw new IllegalStateException("no JSON for " + value.getClass());
        };
    }

    private static List<@Nullable Object> list(Collection<?> values) {
        List<@Nullable Object> list = new ArrayList<>(values.size());
        for (Object value : values) {
            list.add(json(value));
        }
        return list;
    }

    private static Map<String, @Nullable Object> object(Record state) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        for (RecordComponent component : state.getClass().getRecordComponents()) {
            object.put(component.getName(), json(component(state, component)));
        }
        return object;
    }

    private static @Nullable Object component(Record state, RecordComponent component) {
        try {
            return component.getAccessor().invoke(state);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a component of a record cannot be read: " + component, e);
        }
    }

    private static Map<String, @Nullable Object> message(SynIcMessage message) {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("type", Numbers.hex(Integer.toUnsignedLong(message.type())));
        json.put("sender", Numbers.hex(message.sender()));
        json.put("payload", HexFormat.of().formatHex(message.payload()));
        return json;
    }

    // ---- reading ----------------------------------------------------------------------------------------------------

    /** Makes a state of JSON. Throws {@link BadRequest} for what is none; path names the field in the message. */
    static OracleState read(String path, @Nullable Object json) {
        return (OracleState) record(path, OracleState.class, json);
    }

    private static @Nullable Object value(String path, Type type, @Nullable Object json) {
        if (type instanceof ParameterizedType generic) {
            return elements(path, generic, json);
        }
        Class<?> raw = (Class<?>) type;
        if (json == null && MAY_BE_NULL.contains(raw)) {
            return null;
        }
        if (raw == int.class || raw == Integer.class) {
            return word(path, json);
        }
        if (raw == long.class || raw == Long.class) {
            return Numbers.parse("field '" + path + "'", json);
        }
        if (raw == boolean.class) {
            return flag(path, json);
        }
        if (raw == GsiRoute.class) {
            return Routes.of(Fields.of(path, json));
        }
        if (raw == SynIcMessage.class) {
            return message(path, json);
        }
        return raw.isEnum() ? name(path, raw, json) : record(path, raw, json);
    }

    private static int word(String path, @Nullable Object json) {
        long number = Numbers.parse("field '" + path + "'", json);
        if (number != (int) number && number >>> Integer.SIZE != 0) {
            throw new BadRequest("field '" + path + "' is " + Numbers.shown(json) + "; it has 32 bits");
        }
        return (int) number;
    }

    private static boolean flag(String path, @Nullable Object json) {
        if (json instanceof Boolean flag) {
            return flag;
        }
        throw new BadRequest("field '" + path + "' is " + Numbers.shown(json) + "; give true or false");
    }

    private static Object name(String path, Class<?> type, @Nullable Object json) {
        for (Object constant : type.getEnumConstants()) {
            if (constant.toString().equals(json)) {
                return constant;
            }
        }
        throw new BadRequest(
                "field '" + path + "' is " + Numbers.shown(json) + ", which is no " + type.getSimpleName());
    }

    private static Collection<@Nullable Object> elements(String path, ParameterizedType type, @Nullable Object json) {
        if (!(json instanceof List<?> list) || list.size() > MOST_ELEMENTS) {
            throw new BadRequest("field '" + path + "' is " + Numbers.shown(json) + "; give a list");
        }
        Type element = type.getActualTypeArguments()[0];
        List<@Nullable Object> elements = new ArrayList<>(list.size());
        for (Object each : list) {
            elements.add(value(path + "[" + elements.size() + "]", element, each));
        }
        return type.getRawType() == Set.class ? new HashSet<>(elements) : elements;
    }

    private static SynIcMessage message(String path, @Nullable Object json) {
        Fields fields = Fields.of(path, json);
        fields.allowOnly(Set.of("type", "sender", "payload"));
        int type = fields.word("type");
        if (type == HvMessage.TYPE_NONE) {
            throw new BadRequest("field '" + path + ".type' is 0, which means an empty slot");
        }
        return new SynIcMessage(type, fields.number("sender"), fields.bytes("payload", HvMessage.MAX_PAYLOAD_BYTES));
    }

    private static Object record(String path, Class<?> type, @Nullable Object json) {
        Fields fields = Fields.of(path, json);
        RecordComponent[] components = type.getRecordComponents();
        Set<String> names = new HashSet<>();
        Class<?>[] types = new Class<?>[components.length];
        @Nullable Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            names.add(components[i].getName());
        }
        fields.allowOnly(names);
        for (int i = 0; i < components.length; i++) {
            String name = components[i].getName();
            types[i] = components[i].getType();
            values[i] = value(path + "." + name, components[i].getGenericType(), fields.value(name));
        }
        return made(path, type, types, values);
    }

    private static Object made(String path, Class<?> type, Class<?>[] types, @Nullable Object[] values) {
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(types);
            return constructor.newInstance(values);
        } catch (InvocationTargetException refused) {
            if (refused.getCause() instanceof IllegalArgumentException reason) {
                throw new BadRequest("field '" + path + "': " + reason.getMessage());
            }
            throw new IllegalStateException("a state of " + type.getSimpleName() + " fails", refused.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a record cannot be made: " + type, e);
        }
    }
}
