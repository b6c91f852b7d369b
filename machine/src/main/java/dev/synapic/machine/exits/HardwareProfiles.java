// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.exits;

import dev.synapic.machine.ConfigurationException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the hardware profiles from their resource file. */
public final class HardwareProfiles {
    private static final String RESOURCE = "hardware-profiles.txt";

    private final Map<String, HardwareProfile> profiles = new LinkedHashMap<>();
    private final Map<String, Map<String, HardwareProfile.Entry>> sections = new LinkedHashMap<>();

    private HardwareProfiles(String text) {
        String name = "";
        String description = "";
        for (String line : text.lines().map(String::strip).toList()) {
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            if (line.startsWith("[")) {
                finish(name, description);
                name = line.substring(1, line.indexOf(']'));
                description = open(name, line.substring(line.indexOf(']') + 1).strip());
            } else {
                HardwareProfile.Entry entry = entry(line);
                section(name).put(entry.name(), entry);
            }
        }
        finish(name, description);
    }

    /** The profiles that come with the machine. */
    public static HardwareProfiles load() {
        try (InputStream in = HardwareProfiles.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException(RESOURCE + " is not part of this build");
            }
            return new HardwareProfiles(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public List<String> names() {
        return List.copyOf(profiles.keySet());
    }

    /** The profile of that name. */
    public HardwareProfile get(String name) {
        HardwareProfile profile = profiles.get(name);
        if (profile == null) {
            throw new ConfigurationException(
                    "unknown profile '" + name + "'; there are: " + String.join(", ", names()));
        }
        return profile;
    }

    private Map<String, HardwareProfile.Entry> section(String name) {
        return sections.computeIfAbsent(name, n -> new LinkedHashMap<>());
    }

    private String open(String name, String rest) {
        if (!rest.startsWith(":")) {
            return rest;
        }
        int bar = rest.indexOf('|');
        section(name).putAll(section(rest.substring(1, bar).strip()));
        return rest.substring(bar + 1).strip();
    }

    private static HardwareProfile.Entry entry(String line) {
        String[] parts = line.split("\\|", -1);
        int equals = parts[0].indexOf('=');
        String key = parts[0].substring(0, equals).strip();
        String value = parts[0].substring(equals + 1).strip();
        return parts.length == 4
                ? new HardwareProfile.Entry(key, value, parts[1].strip(), parts[2].strip(), parts[3].strip())
                : new HardwareProfile.Entry(key, value, "", parts[1].strip(), "");
    }

    private void finish(String name, String description) {
        if (name.isEmpty()) {
            return;
        }
        Map<String, HardwareProfile.Entry> s = section(name);
        profiles.put(
                name,
                new HardwareProfile(
                        name,
                        description,
                        value(s, "vendor"),
                        number(s, "tsc"),
                        number(s, "instruction"),
                        number(s, "pause"),
                        number(s, "rdtsc"),
                        number(s, "exit-to-host"),
                        number(s, "entry"),
                        number(s, "accept-halted"),
                        number(s, "accept-awake"),
                        number(s, "wake-up"),
                        number(s, "notification"),
                        number(s, "ple-gap"),
                        number(s, "ple-window"),
                        number(s, "lookahead"),
                        on(s, "apicv"),
                        on(s, "ipi-virtualization"),
                        on(s, "avic"),
                        on(s, "x2apic"),
                        new ArrayList<>(s.values())));
    }

    private static String value(Map<String, HardwareProfile.Entry> section, String key) {
        HardwareProfile.Entry entry = section.get(key);
        if (entry == null) {
            throw new IllegalStateException(RESOURCE + ": no '" + key + "'");
        }
        return entry.value();
    }

    private static long number(Map<String, HardwareProfile.Entry> section, String key) {
        String[] valueAndUnit = value(section, key).split(" ", 2);
        return Long.parseLong(valueAndUnit[0]);
    }

    private static boolean on(Map<String, HardwareProfile.Entry> section, String key) {
        return value(section, key).equals("on");
    }
}
