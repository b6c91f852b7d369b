// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance;

import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Set;
import java.util.function.Predicate;

/** Conditions that ArchUnit's own language has no words for. */
final class ProductionRules {
    /**
     * Types whose instances change. Fields of interface types (List, Map) may hold immutable ones and pass; that they do is for
     * the reader. A private array passes as a table: a public one anybody could write.
     */
    private static final Set<String> MUTABLE_PACKAGES =
            Set.of("java.util.concurrent.atomic", "java.util.concurrent.locks");

    private static final Set<String> MUTABLE = Set.of(
            "java.lang.StringBuilder",
            "java.lang.ThreadLocal",
            "java.util.ArrayDeque",
            "java.util.ArrayList",
            "java.util.BitSet",
            "java.util.EnumMap",
            "java.util.HashMap",
            "java.util.HashSet",
            "java.util.LinkedHashMap",
            "java.util.LinkedHashSet",
            "java.util.LinkedList",
            "java.util.PriorityQueue",
            "java.util.Random",
            "java.util.TreeMap",
            "java.util.TreeSet",
            "java.util.WeakHashMap",
            "java.util.concurrent.ConcurrentHashMap",
            "java.util.concurrent.ConcurrentLinkedQueue",
            "java.util.concurrent.CopyOnWriteArrayList");

    private static final Set<String> WALL_CLOCK =
            Set.of("java.lang.System.nanoTime", "java.lang.System.currentTimeMillis", "java.util.Calendar.getInstance");

    private static final Set<String> STANDARD_STREAMS =
            Set.of("java.lang.System.out", "java.lang.System.err", "java.lang.System.in", "java.lang.System.console");

    private static final Set<String> ENDS =
            Set.of("java.lang.System.exit", "java.lang.Runtime.exit", "java.lang.Runtime.halt");

    private ProductionRules() {}

    static ArchCondition<JavaClass> haveNoMutableStaticState() {
        return new ArchCondition<>("have no mutable static state") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                type.getFields().stream()
                        .filter(field -> field.getModifiers().contains(JavaModifier.STATIC))
                        .filter(field -> !field.getModifiers().contains(JavaModifier.SYNTHETIC))
                        .filter(ProductionRules::isMutable)
                        .forEach(field -> events.add(SimpleConditionEvent.violated(
                                field,
                                field.getFullName() + " is mutable and static " + field.getSourceCodeLocation())));
            }
        };
    }

    private static boolean isMutable(JavaField field) {
        JavaClass type = field.getRawType();
        boolean table = type.isArray() && field.getModifiers().contains(JavaModifier.PRIVATE);
        return !field.getModifiers().contains(JavaModifier.FINAL)
                || (type.isArray() && !table)
                || MUTABLE.contains(type.getName())
                || MUTABLE_PACKAGES.contains(type.getPackageName());
    }

    static ArchCondition<JavaClass> accessStandardStreams() {
        return access(
                "access standard input or output",
                target -> STANDARD_STREAMS.contains(name(target))
                        || target.getName().equals("printStackTrace"));
    }

    static ArchCondition<JavaClass> endTheProcess() {
        return access("end the process", target -> ENDS.contains(name(target)));
    }

    static ArchCondition<JavaClass> readTheWallClock() {
        return access("read the wall clock", ProductionRules::isWallClock);
    }

    private static boolean isWallClock(AccessTarget target) {
        JavaClass owner = target.getOwner();
        return WALL_CLOCK.contains(name(target))
                || (owner.getPackageName().startsWith("java.time")
                        && target.getName().equals("now"))
                || (owner.getName().equals("java.time.Clock")
                        && !target.getName().equals("fixed"))
                || (owner.getName().equals("java.util.Date")
                        && target.getFullName().endsWith("<init>()"));
    }

    private static String name(AccessTarget target) {
        return target.getOwner().getName() + "." + target.getName();
    }

    /** Field accesses, calls and method references alike. */
    private static ArchCondition<JavaClass> access(String description, Predicate<AccessTarget> forbidden) {
        return new ArchCondition<>(description) {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                for (JavaAccess<?> access : type.getAccessesFromSelf()) {
                    if (forbidden.test(access.getTarget())) {
                        events.add(SimpleConditionEvent.satisfied(access, access.getDescription()));
                    }
                }
            }
        };
    }
}
