// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Holds a device's fields against the record of its state: a field that nobody decided about fails. */
public final class StateFields {
    private StateFields() {}

    /** Every field is a component of the record by the same name, or one of those that are no state. */
    public static void areSaved(Class<?> device, Class<? extends Record> state, String... noState) {
        Set<String> fields = Arrays.stream(device.getDeclaredFields())
                .filter(field -> !Modifier.isStatic(field.getModifiers()) && !field.isSynthetic())
                .map(Field::getName)
                .collect(Collectors.toSet());
        List<String> components = Arrays.stream(state.getRecordComponents())
                .map(RecordComponent::getName)
                .filter(name -> !name.equals("version"))
                .toList();
        assertThat(fields)
                .as("fields of %s: saved, or listed as no state", device.getSimpleName())
                .containsExactlyInAnyOrderElementsOf(
                        Stream.concat(components.stream(), Stream.of(noState)).toList());
    }
}
