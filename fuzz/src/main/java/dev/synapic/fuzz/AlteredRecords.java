// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Copies a tree of records and lists in which a few numbers are others, and a list may be longer or shorter. */
final class AlteredRecords {
    private static final int MOST_CHANGES = 8;
    /** About as many numbers as the state of a fabric with four processors has. */
    private static final int NUMBERS = 1_500;

    private final FuzzInput input;
    /** Which numbers change, counted in the order of the tree; sorted. */
    private final int[] changes;

    private int at;
    private int next;

    AlteredRecords(FuzzInput input) {
        this.input = input;
        changes = new int[1 + input.below(MOST_CHANGES)];
        for (int i = 0; i < changes.length; i++) {
            changes[i] = input.below(NUMBERS);
        }
        Arrays.sort(changes);
    }

    /** Throws what the records' constructors throw. */
    Record altered(Record state) {
        RecordComponent[] components = state.getClass().getRecordComponents();
        Object[] values = new Object[components.length];
        Class<?>[] types = new Class<?>[components.length];
        try {
            for (int i = 0; i < components.length; i++) {
                types[i] = components[i].getType();
                values[i] = alteredValue(components[i].getAccessor().invoke(state));
            }
            return state.getClass().getConstructor(types).newInstance(values);
        } catch (InvocationTargetException thrown) {
            if (thrown.getCause() instanceof IllegalArgumentException refused) {
                throw refused;
            }
            throw new AssertionError(
                    state.getClass().getSimpleName() + " " + Arrays.toString(values), thrown.getCause());
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(state.getClass() + " is no record of public values", e);
        }
    }

    private @Nullable Object alteredValue(@Nullable Object value) {
        return switch (value) {
            case Record state -> altered(state);
            case List<?> list -> alteredList(list);
            case Long number -> isChanged() ? (Object) input.value() : number;
            case Integer number -> isChanged() ? (Object) (int) input.value() : number;
            case Boolean flag -> isChanged() ? (Object) !flag : flag;
            case null, default -> value;
        };
    }

    private List<Object> alteredList(List<?> list) {
        boolean resized = isChanged();
        List<Object> copy = new ArrayList<>();
        for (Object each : list) {
            Object other = alteredValue(each);
            if (other != null) {
                copy.add(other);
            }
        }
        if (resized && !copy.isEmpty()) {
            if (input.flag()) {
                copy.removeLast();
            } else {
                copy.add(copy.getFirst());
            }
        }
        return copy;
    }

    private boolean isChanged() {
        boolean changed = false;
        while (next < changes.length && changes[next] == at) {
            changed = true;
            next++;
        }
        at++;
        return changed;
    }
}
