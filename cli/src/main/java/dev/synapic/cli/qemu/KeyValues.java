// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import dev.synapic.machine.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;

/**
 * An argument such as {@code q35,accel=kvm,pit=off}: pairs in the order written, a comma inside a value doubled; a bare word is
 * {@code word=on}, or the value of the option's implied key where it comes first.
 */
final class KeyValues {
    /** One pair. */
    record Pair(String key, String value) {}

    private KeyValues() {}

    /** Reads an argument; impliedKey is empty where an option has none. */
    static List<Pair> parse(String text, String impliedKey) {
        List<Pair> pairs = new ArrayList<>();
        for (String word : words(text)) {
            int equals = word.indexOf('=');
            if (equals >= 0) {
                pairs.add(new Pair(word.substring(0, equals), word.substring(equals + 1)));
            } else if (pairs.isEmpty() && !impliedKey.isEmpty()) {
                pairs.add(new Pair(impliedKey, word));
            } else {
                pairs.add(new Pair(word, "on"));
            }
        }
        return pairs;
    }

    /** Splits at commas; a doubled one stands for itself. */
    static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at++);
            boolean comma = c == ',';
            if (comma && at < text.length() && text.charAt(at) == ',') {
                word.append(c);
                at++;
            } else if (comma) {
                words.add(word.toString());
                word.setLength(0);
            } else {
                word.append(c);
            }
        }
        if (!word.isEmpty()) {
            words.add(word.toString());
        }
        return words;
    }

    static void each(String text, String impliedKey, BiConsumer<String, String> action) {
        parse(text, impliedKey).forEach(pair -> action.accept(pair.key(), pair.value()));
    }

    /** A switch's value. */
    static boolean onOff(String key, String value) {
        return switch (value) {
            case "on", "yes", "true", "y" -> true;
            case "off", "no", "false", "n" -> false;
            default -> throw new ConfigurationException("Parameter '%s' expects 'on' or 'off'".formatted(key));
        };
    }

    /** A number of 0 to most, decimal or with 0x. */
    static int number(String key, String value, int most) {
        try {
            int number = Integer.decode(value.toLowerCase(Locale.ROOT));
            if (number >= 0 && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new ConfigurationException("Parameter '%s' expects a number, not '%s'".formatted(key, value));
        }
        throw new ConfigurationException(
                "Parameter '%s' expects a number from 0 to %d, not '%s'".formatted(key, most, value));
    }
}
