// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The fields of a request, or of an object in one. Whoever asks for what is not there, or is not so, gets a {@link BadRequest}. */
final class Fields {
    private final String path;
    private final Map<String, @Nullable Object> values;

    /** path stands before the fields' names in errors: empty, or as "routes[2]." */
    Fields(String path, Map<String, @Nullable Object> values) {
        this.path = path;
        this.values = values;
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    /** Refuses fields that nobody will ask for. */
    void allowOnly(Set<String> names) {
        for (String name : values.keySet()) {
            if (!names.contains(name)) {
                throw new BadRequest("field '" + path + name + "' is unknown; there are: "
                        + String.join(", ", new TreeSet<>(names)));
            }
        }
    }

    private String named(String name) {
        return "field '" + path + name + "'";
    }

    @Nullable
    Object value(String name) {
        if (!values.containsKey(name)) {
            throw new BadRequest(named(name) + " is missing");
        }
        return values.get(name);
    }

    /** 64 bits. */
    long number(String name) {
        Object value = value(name);
        return value instanceof Long number ? number : Numbers.parse(named(name), value);
    }

    long number(String name, long otherwise) {
        return has(name) ? number(name) : otherwise;
    }

    int integer(String name, int lowest, int highest) {
        return (int) inRange(name, lowest, highest);
    }

    int integer(String name, int lowest, int highest, int otherwise) {
        return has(name) ? integer(name, lowest, highest) : otherwise;
    }

    long inRange(String name, long lowest, long highest) {
        long number = number(name);
        if (number < lowest || number > highest) {
            throw new BadRequest(
                    named(name) + " is " + Numbers.shown(value(name)) + "; give " + lowest + " to " + highest);
        }
        return number;
    }

    /** 32 bits. */
    int word(String name) {
        long number = number(name);
        if (number != (int) number && number >>> Integer.SIZE != 0) {
            throw new BadRequest(named(name) + " is " + Numbers.shown(value(name)) + "; it has 32 bits");
        }
        return (int) number;
    }

    boolean flag(String name, boolean otherwise) {
        if (!has(name)) {
            return otherwise;
        }
        Object value = value(name);
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw new BadRequest(named(name) + " is " + Numbers.shown(value) + "; give true or false");
    }

    /** A level of a line: true and false, or 1 and 0. */
    boolean level(String name) {
        return value(name) instanceof Boolean flag ? flag : integer(name, 0, 1) == 1;
    }

    String text(String name, int longest) {
        Object value = value(name);
        if (value instanceof String text && !text.isEmpty() && text.length() <= longest) {
            return text;
        }
        throw new BadRequest(
                named(name) + " is " + Numbers.shown(value) + "; give a string of 1 to " + longest + " characters");
    }

    /** One of several words; otherwise stands for a field that is not there. */
    <T> T choice(String name, Map<String, T> choices, T otherwise) {
        if (!has(name)) {
            return otherwise;
        }
        Object value = value(name);
        T chosen = value instanceof String word ? choices.get(word) : null;
        if (chosen == null) {
            throw new BadRequest(named(name) + " is " + Numbers.shown(value) + "; there are: "
                    + String.join(", ", new TreeSet<>(choices.keySet())));
        }
        return chosen;
    }

    /** Bytes as pairs of hex digits. */
    byte[] bytes(String name, int most) {
        Object value = value(name);
        if (value instanceof String text && text.length() <= 2 * most) {
            try {
                return HexFormat.of().parseHex(text);
            } catch (IllegalArgumentException notHex) {
                throw new BadRequest(named(name) + " is " + Numbers.shown(value) + "; give pairs of hex digits");
            }
        }
        throw new BadRequest(named(name) + " is no string of at most " + most + " bytes; give pairs of hex digits");
    }

    List<@Nullable Object> list(String name, int most) {
        Object value = value(name);
        if (!(value instanceof List<?> list)) {
            throw new BadRequest(named(name) + " is " + Numbers.shown(value) + "; give a list");
        }
        if (list.size() > most) {
            throw new BadRequest(named(name) + " has " + list.size() + " elements; give at most " + most);
        }
        return new ArrayList<>(list);
    }

    /** A list of objects. */
    List<Fields> objects(String name, int most) {
        List<Fields> objects = new ArrayList<>();
        for (Object element : list(name, most)) {
            objects.add(of(path + name + "[" + objects.size() + "]", element));
        }
        return objects;
    }

    /** A list of 64-bit numbers. */
    List<Long> numbers(String name, int most) {
        List<Long> numbers = new ArrayList<>();
        for (Object element : list(name, most)) {
            numbers.add(Numbers.parse("field '" + path + name + "[" + numbers.size() + "]'", element));
        }
        return numbers;
    }

    /** The object at a place. */
    @SuppressWarnings("unchecked")
    static Fields of(String place, @Nullable Object value) {
        if (value instanceof Map<?, ?> map) {
            return new Fields(place + ".", (Map<String, @Nullable Object>) map);
        }
        throw new BadRequest("field '" + place + "' is " + Numbers.shown(value) + "; give an object");
    }

    Set<String> names() {
        return values.keySet();
    }
}
