// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Splits text into words as a POSIX shell does (Shell Command Language, 2.2 and 2.6): quotes, backslashes, comments, variables.
 *
 * <p>No command is ever run on behalf of a file: {@code date +%s} is answered from here, everything else is refused by name. A
 * pattern stays as it is written, as in a directory where no file matches it.
 */
final class ShellWords {
    /** Seconds since 1970-01-01; the one command that configurations use. */
    static final String DATE = "date +%s";

    private static final String OPERATORS = "|&;<>()";
    private static final String ESCAPED_IN_QUOTES = "$`\"\\\n";

    private final String text;
    private final Map<String, String> variables;
    private final List<String> words = new ArrayList<>();
    private int at;

    @Nullable
    private StringBuilder word;

    private ShellWords(String text, Map<String, String> variables) {
        this.text = text;
        this.variables = variables;
    }

    /** What cannot be read here; the message says what it is. */
    static final class Refused extends Exception {
        Refused(String message) {
            super(message);
        }
    }

    /** The words; variables by name, the answer to {@link #DATE} among them. */
    static List<String> split(String text, Map<String, String> variables) throws Refused {
        ShellWords words = new ShellWords(text, variables);
        while (words.at < text.length()) {
            words.step();
        }
        words.endWord();
        return words.words;
    }

    private void step() throws Refused {
        char c = text.charAt(at++);
        switch (c) {
            case ' ', '\t' -> endWord();
            case '\n' -> endLine();
            case '\'' -> append(upTo('\''));
            case '"' -> doubleQuotes();
            case '\\' -> backslash();
            case '$', '`' -> expand(c, false);
            case '#' -> {
                if (word == null) {
                    int end = text.indexOf('\n', at);
                    at = end < 0 ? text.length() : end;
                } else {
                    append("#");
                }
            }
            default -> {
                if (OPERATORS.indexOf(c) >= 0) {
                    throw new Refused("'" + c + "' is for a shell, and none is run");
                }
                append(String.valueOf(c));
            }
        }
    }

    private void endLine() throws Refused {
        endWord();
        if (!text.substring(at).isBlank()) {
            throw new Refused("a line's end begins a second command, and no shell is run");
        }
    }

    private void endWord() {
        if (word != null) {
            words.add(word.toString());
            word = null;
        }
    }

    private void append(String more) {
        if (word == null) {
            word = new StringBuilder();
        }
        word.append(more);
    }

    private String upTo(char end) throws Refused {
        int close = text.indexOf(end, at);
        if (close < 0) {
            throw new Refused("a " + end + " has no partner");
        }
        String inside = text.substring(at, close);
        at = close + 1;
        return inside;
    }

    private void backslash() {
        if (at == text.length()) {
            append("\\");
        } else if (text.charAt(at++) != '\n') {
            append(String.valueOf(text.charAt(at - 1)));
        }
    }

    private void doubleQuotes() throws Refused {
        append("");
        while (at < text.length() && text.charAt(at) != '"') {
            char c = text.charAt(at++);
            if (c == '$' || c == '`') {
                expand(c, true);
            } else if (c == '\\' && at < text.length() && ESCAPED_IN_QUOTES.indexOf(text.charAt(at)) >= 0) {
                backslash();
            } else {
                append(String.valueOf(c));
            }
        }
        if (at == text.length()) {
            throw new Refused("a \" has no partner");
        }
        at++;
    }

    private void expand(char c, boolean quoted) throws Refused {
        if (c == '`') {
            append(command(upTo('`')));
        } else if (text.startsWith("((", at) || text.startsWith("'", at) && !quoted) {
            throw new Refused("'$" + text.charAt(at) + "' is for a shell, and none is run");
        } else if (text.startsWith("(", at)) {
            at++;
            append(command(upTo(')')));
        } else if (text.startsWith("{", at)) {
            at++;
            variable(upTo('}'), quoted);
        } else {
            int begin = at;
            while (at < text.length() && isNamePart(text.charAt(at))) {
                at++;
            }
            if (at == begin) {
                append("$");
            } else {
                variable(text.substring(begin, at), quoted);
            }
        }
    }

    private static boolean isNamePart(char c) {
        return Character.isLetterOrDigit(c) || c == '_';
    }

    private String command(String command) throws Refused {
        String answer = command.strip().equals(DATE) ? variables.get(DATE) : null;
        if (answer == null) {
            throw new Refused("`" + command + "` is not run: only `" + DATE + "` is known");
        }
        return answer;
    }

    private void variable(String name, boolean quoted) throws Refused {
        String value = variables.get(name);
        if (value == null) {
            throw new Refused("$" + name + " has no value here");
        }
        if (quoted || !value.isEmpty()) {
            append(value);
        }
    }
}
