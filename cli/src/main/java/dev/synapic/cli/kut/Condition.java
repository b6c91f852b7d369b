// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The shell's test of {@code disabled_if}, in the forms that a configuration has: {@code [[ A == B ]]}, {@code [ A = B ]},
 * {@code !=}, {@code -n A}, {@code -z A}, a {@code !} before it, and several joined by {@code &&} and {@code ||}.
 */
final class Condition {
    private static final Pattern JOINT = Pattern.compile("\\s*(&&|\\|\\|)\\s*");
    private static final Pattern TEST = Pattern.compile("(!\\s+)?\\[\\[?\\s+(.*?)\\s+]]?");
    private static final int UNARY = 2;
    private static final int BINARY = 3;

    private Condition() {}

    /** Whether it holds. The two joints have the same rank and bind from left to right, as in a shell. */
    static boolean holds(String expression, Map<String, String> variables) throws ShellWords.Refused {
        Matcher joint = JOINT.matcher(expression);
        boolean holds = false;
        String before = "||";
        int begin = 0;
        while (joint.find()) {
            holds = join(holds, before, test(expression.substring(begin, joint.start()), variables));
            before = joint.group(1);
            begin = joint.end();
        }
        return join(holds, before, test(expression.substring(begin), variables));
    }

    private static boolean join(boolean left, String joint, boolean right) {
        return joint.equals("&&") ? left && right : left || right;
    }

    private static boolean test(String text, Map<String, String> variables) throws ShellWords.Refused {
        Matcher test = TEST.matcher(text.strip());
        if (!test.matches()) {
            throw new ShellWords.Refused("'" + text.strip() + "' is not of the form [ A = B ]");
        }
        boolean negated = test.group(1) != null;
        return negated != compare(ShellWords.split(test.group(2), variables), text.strip());
    }

    private static boolean compare(List<String> words, String text) throws ShellWords.Refused {
        if (words.size() == UNARY && words.getFirst().equals("-n")) {
            return !words.get(1).isEmpty();
        }
        if (words.size() == UNARY && words.getFirst().equals("-z")) {
            return words.get(1).isEmpty();
        }
        boolean plain = words.size() == BINARY && words.stream().noneMatch(word -> word.matches(".*[*?].*"));
        String operator = plain ? words.get(1) : "";
        return switch (operator) {
            case "=", "==" -> words.getFirst().equals(words.getLast());
            case "!=" -> !words.getFirst().equals(words.getLast());
            default -> throw new ShellWords.Refused("'" + text + "' is not of the form [ A = B ]");
        };
    }
}
