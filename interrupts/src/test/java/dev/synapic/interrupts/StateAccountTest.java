// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every field of the module that can change has its line in state-account.txt: where it is saved, or why not. A field or
 * class that nobody decided about fails, and so does a line that nothing needs any more.
 */
class StateAccountTest {
    private static final String HOUSE = "dev.synapic.interrupts.";

    /** What changes though the field that holds it does not. */
    private static boolean changes(Field field) {
        Class<?> type = field.getType();
        boolean container = type.isArray()
                || Collection.class.isAssignableFrom(type)
                || Map.class.isAssignableFrom(type)
                || type.getName().startsWith("java.util.concurrent.atomic.")
                || type.getName().equals("java.util.BitSet");
        return !Modifier.isStatic(field.getModifiers())
                && !field.isSynthetic()
                && (container || !Modifier.isFinal(field.getModifiers()));
    }

    private static List<String> changingFields() throws IOException, URISyntaxException, ClassNotFoundException {
        Path classes = Path.of(
                Fabric.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        List<Path> files;
        try (Stream<Path> walk = Files.walk(classes)) {
            files = walk.filter(file -> file.toString().endsWith(".class")
                            && !file.getFileName().toString().endsWith("-info.class"))
                    .toList();
        }
        List<String> fields = new ArrayList<>();
        for (Path file : files) {
            String name = classes.relativize(file).toString().replace('/', '.').replaceAll("\\.class$", "");
            Class<?> type = Class.forName(name, false, StateAccountTest.class.getClassLoader());
            if (!type.isRecord() && !type.isEnum()) {
                Arrays.stream(type.getDeclaredFields())
                        .filter(StateAccountTest::changes)
                        .forEach(field -> fields.add(name.substring(HOUSE.length()) + "." + field.getName()));
            }
        }
        return fields;
    }

    /** Lines "class.field = record.component" or "class.field : reason". */
    private static Map<String, String> account() throws IOException {
        Map<String, String> lines = new TreeMap<>();
        try (InputStream in = StateAccountTest.class.getResourceAsStream("state-account.txt")) {
            assertThat(in).isNotNull();
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                if (line.isBlank() || line.startsWith("#")) {
                    continue;
                }
                int sign = line.contains(" = ") ? line.indexOf(" = ") : line.indexOf(" : ");
                assertThat(sign).as(line).isPositive();
                String before = lines.put(
                        line.substring(0, sign).strip(),
                        line.substring(sign + 1).strip());
                assertThat(before).as("twice: %s", line).isNull();
            }
        }
        return lines;
    }

    @Test
    void everyFieldThatChangesIsSavedOrHasAReasonNotToBe() throws Exception {
        assertThat(account().keySet()).containsExactlyInAnyOrderElementsOf(changingFields());
    }

    @Test
    void everyPlaceThatTheAccountNamesIsAComponentOfAState() throws Exception {
        for (Map.Entry<String, String> line : account().entrySet()) {
            if (line.getValue().startsWith(":")) {
                assertThat(line.getValue().length())
                        .as("%s: a reason", line.getKey())
                        .isGreaterThan(8);
                continue;
            }
            String place = line.getValue().substring(1).strip();
            int dot = place.lastIndexOf('.');
            Class<?> state = Class.forName(
                    HOUSE + place.substring(0, dot), false, getClass().getClassLoader());
            assertThat(state.isRecord()).as(line.getKey()).isTrue();
            assertThat(state.getRecordComponents())
                    .as(line.getKey())
                    .extracting(RecordComponent::getName)
                    .contains(place.substring(dot + 1));
        }
    }

    /** Each record that the account names is reached from the fabric's. */
    @Test
    void everyStateIsPartOfTheFabrics() throws Exception {
        List<Class<?>> reached = new ArrayList<>();
        collect(FabricState.class, reached);
        for (String value : account().values()) {
            if (value.startsWith("=")) {
                String place = value.substring(1).strip();
                String record = HOUSE + place.substring(0, place.lastIndexOf('.'));
                assertThat(reached).as(place).extracting(Class::getName).contains(record);
            }
        }
    }

    private static void collect(Class<?> record, List<Class<?>> reached) {
        if (reached.contains(record)) {
            return;
        }
        reached.add(record);
        for (RecordComponent component : record.getRecordComponents()) {
            String types = component.getGenericType().getTypeName();
            Arrays.stream(types.split("[<>, ]+"))
                    .filter(name -> name.startsWith(HOUSE))
                    .map(StateAccountTest::load)
                    .filter(Class::isRecord)
                    .forEach(type -> collect(type, reached));
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, StateAccountTest.class.getClassLoader());
        } catch (ClassNotFoundException missing) {
            throw new AssertionError(missing);
        }
    }
}
