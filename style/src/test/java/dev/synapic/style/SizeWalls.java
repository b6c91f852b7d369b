// SPDX-License-Identifier: Apache-2.0
package dev.synapic.style;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.IfTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * Measures methods, types and nesting in the syntax tree that javac parses.
 *
 * <p>A method's lines run from its first modifier or annotation to its closing brace. Nesting counts loops, conditions, switches,
 * try and synchronized statements inside each other; an {@code else if} is no deeper than its {@code if}, a lambda continues the
 * count of the method around it, and a class inside a method starts anew.
 */
final class SizeWalls {
    static final int METHOD_LINES = 60;
    static final int TYPE_LINES = 500;
    static final int NESTING = 3;

    /** What is too large: the file, the type, {@code Type.method} or the type alone, and the sentence to print. */
    record Finding(String file, long line, String member, String problem) {
        /** The name under which the list of exceptions knows it. */
        String key() {
            return file.substring(file.lastIndexOf('/') + 1).replace(".java", "")
                    + (member.isEmpty() ? "" : "#" + member);
        }

        @Override
        public String toString() {
            return file + ":" + line + ": " + problem + "; exception's name: " + key();
        }
    }

    private SizeWalls() {}

    /** Measures sources; the name of a file object is what findings show. */
    static List<Finding> measure(Iterable<? extends JavaFileObject> sources) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        JavacTask task =
                (JavacTask) compiler.getTask(null, null, diagnostic -> {}, List.of("-proc:none"), null, sources);
        List<Finding> findings = new ArrayList<>();
        for (CompilationUnitTree unit : task.parse()) {
            unit.accept(new Scanner(unit, Trees.instance(task).getSourcePositions(), findings), null);
        }
        return findings;
    }

    private static final class Scanner extends TreeScanner<@Nullable Void, @Nullable Void> {
        private final CompilationUnitTree unit;
        private final SourcePositions positions;
        private final LineMap lines;
        private final List<Finding> findings;
        private String type = "";
        private String member = "";
        private int depth;

        Scanner(CompilationUnitTree unit, SourcePositions positions, List<Finding> findings) {
            this.unit = unit;
            this.positions = positions;
            this.lines = unit.getLineMap();
            this.findings = findings;
        }

        @Override
        public @Nullable Void visitClass(ClassTree node, @Nullable Void nothing) {
            String outerType = type;
            String outerMember = member;
            int outerDepth = depth;
            type = node.getSimpleName().toString();
            member = type;
            depth = 0;
            long length = length(node);
            if (length > TYPE_LINES) {
                report(node, "type " + type + " has " + length + " lines, more than " + TYPE_LINES);
            }
            super.visitClass(node, null);
            type = outerType;
            member = outerMember;
            depth = outerDepth;
            return null;
        }

        @Override
        public @Nullable Void visitMethod(MethodTree node, @Nullable Void nothing) {
            String outer = member;
            String name = node.getName().contentEquals("<init>")
                    ? "new"
                    : node.getName().toString();
            member = type.isEmpty() ? name : type + "." + name;
            long length = length(node);
            if (length > METHOD_LINES) {
                report(node, "method " + member + " has " + length + " lines, more than " + METHOD_LINES);
            }
            super.visitMethod(node, null);
            member = outer;
            return null;
        }

        @Override
        public @Nullable Void scan(@Nullable Tree node, @Nullable Void nothing) {
            if (node == null || !nests(node.getKind())) {
                return super.scan(node, null);
            }
            depth++;
            // Only the first level too deep is told, not what is deeper still.
            if (depth == NESTING + 1) {
                String kind = node.getKind().name().toLowerCase(Locale.ROOT).replace('_', ' ');
                report(node, kind + " in " + member + " is nested " + depth + " deep, more than " + NESTING);
            }
            super.scan(node, null);
            depth--;
            return null;
        }

        @Override
        public @Nullable Void visitIf(IfTree node, @Nullable Void nothing) {
            scan(node.getCondition(), null);
            scan(node.getThenStatement(), null);
            if (node.getElseStatement() instanceof IfTree elseIf) {
                return visitIf(elseIf, null);
            }
            return scan(node.getElseStatement(), null);
        }

        private static boolean nests(Tree.Kind kind) {
            return switch (kind) {
                case IF,
                        FOR_LOOP,
                        ENHANCED_FOR_LOOP,
                        WHILE_LOOP,
                        DO_WHILE_LOOP,
                        SWITCH,
                        SWITCH_EXPRESSION,
                        TRY,
                        SYNCHRONIZED -> true;
                default -> false;
            };
        }

        private long length(Tree node) {
            return lines.getLineNumber(positions.getEndPosition(unit, node)) - line(node) + 1;
        }

        private long line(Tree node) {
            return lines.getLineNumber(positions.getStartPosition(unit, node));
        }

        private void report(Tree node, String problem) {
            findings.add(new Finding(unit.getSourceFile().getName(), line(node), member, problem));
        }
    }
}
