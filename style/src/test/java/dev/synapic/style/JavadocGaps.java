// SPDX-License-Identifier: Apache-2.0
package dev.synapic.style;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;

/**
 * Finds public types, constructors and methods without a Javadoc comment in the syntax tree that javac parses.
 *
 * <p>A member counts as public only where all types around it are. Not looked at: fields and enum constants, methods that override,
 * accessors of records (the record's comment has its components), and what nobody has written, such as a default constructor.
 */
final class JavadocGaps {
    private final CompilationUnitTree unit;
    private final DocTrees trees;
    private final List<String> gaps;

    private JavadocGaps(CompilationUnitTree unit, DocTrees trees, List<String> gaps) {
        this.unit = unit;
        this.trees = trees;
        this.gaps = gaps;
    }

    /** A line for each gap: file, line and member. The name of a file object is what the lines show. */
    static List<String> find(Iterable<? extends JavaFileObject> sources) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        JavacTask task =
                (JavacTask) compiler.getTask(null, null, diagnostic -> {}, List.of("-proc:none"), null, sources);
        DocTrees trees = DocTrees.instance(task);
        List<String> gaps = new ArrayList<>();
        for (CompilationUnitTree unit : task.parse()) {
            JavadocGaps file = new JavadocGaps(unit, trees, gaps);
            for (Tree declaration : unit.getTypeDecls()) {
                if (declaration instanceof ClassTree type) {
                    file.type(new TreePath(new TreePath(unit), type), type, "", false);
                }
            }
        }
        return gaps;
    }

    private void type(TreePath path, ClassTree type, String outer, boolean inInterface) {
        if (!isPublic(type.getModifiers().getFlags(), inInterface)) {
            return;
        }
        String name = outer + type.getSimpleName();
        require(path, "type " + name);
        boolean isInterface = type.getKind() == Tree.Kind.INTERFACE || type.getKind() == Tree.Kind.ANNOTATION_TYPE;
        for (Tree member : type.getMembers()) {
            TreePath here = new TreePath(path, member);
            if (member instanceof ClassTree nested) {
                type(here, nested, name + ".", isInterface);
            } else if (member instanceof MethodTree method
                    && isPublic(method.getModifiers().getFlags(), isInterface)
                    && !overrides(method)
                    && !isAccessor(type, method)) {
                boolean constructor = method.getName().contentEquals("<init>");
                require(here, constructor ? "constructor of " + name : "method " + name + "." + method.getName());
            }
        }
    }

    private static boolean isPublic(Set<Modifier> modifiers, boolean inInterface) {
        return modifiers.contains(Modifier.PUBLIC) || inInterface && !modifiers.contains(Modifier.PRIVATE);
    }

    private static boolean overrides(MethodTree method) {
        return method.getModifiers().getAnnotations().stream()
                .anyMatch(annotation -> annotation.getAnnotationType() instanceof IdentifierTree type
                        && type.getName().contentEquals("Override"));
    }

    /** The fields of a record that are not static are its components. */
    private static boolean isAccessor(ClassTree type, MethodTree method) {
        return type.getKind() == Tree.Kind.RECORD
                && method.getParameters().isEmpty()
                && type.getMembers().stream()
                        .anyMatch(member -> member instanceof VariableTree field
                                && !field.getModifiers().getFlags().contains(Modifier.STATIC)
                                && field.getName().contentEquals(method.getName()));
    }

    private void require(TreePath path, String what) {
        String comment = trees.getDocComment(path);
        if (comment == null || comment.isBlank()) {
            long start = trees.getSourcePositions().getStartPosition(unit, path.getLeaf());
            gaps.add(unit.getSourceFile().getName() + ":" + unit.getLineMap().getLineNumber(start) + ": " + what);
        }
    }
}
