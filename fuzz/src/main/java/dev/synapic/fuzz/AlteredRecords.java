// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
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

    /** How records of a class are taken apart and made. */
    private record Form(Method[] accessors, Constructor<?> constructor) {
        static final ClassValue<Form> OF = new ClassValue<>() {
            @Override
            protected Form computeValue(Class<?> type) {
                RecordComponent[] components = type.getRecordComponents();
                try {
                    return new Form(
                            Arrays.stream(components)
                                    .map(RecordComponent::getAccessor)
                                    .toArray(Method[]::new),
                            type.getConstructor(Arrays.stream(components)
                                    .map(RecordComponent::getType)
                                    .toArray(Class<?>[]::new)));
                } catch (NoSuchMethodException e) {
                    throw new LinkageError(type + " is no public record", e);
                }
            }
        };
    }

    /** Throws what the records' constructors throw. */
    Record altered(Record state) {
        Form form = Form.OF.get(state.getClass());
        @Nullable Object[] values = new @Nullable Object[form.accessors().length];
        try {
            for (int i = 0; i < values.length; i++) {
                values[i] = alteredValue(form.accessors()[i].invoke(state));
            }
            return (Record) form.constructor().newInstance(values);
        } catch (InvocationTargetException thrown) {
            if (thrown.getCause() instanceof IllegalArgumentException refused) {
                throw refused;
            }
            throw new AssertionError(
                    state.getClass().getSimpleName() + " " + Arrays.toString(values), thrown.getCause());
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(state.getClass() + " is no public record", e);
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
