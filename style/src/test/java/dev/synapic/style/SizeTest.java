// SPDX-License-Identifier: Apache-2.0
package dev.synapic.style;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import org.junit.jupiter.api.Test;

/** Every method and type is within the size walls. */
class SizeTest {
    /** Tables, by the name that a finding shows, with the reason. An entry that is needed no more fails the test. */
    private static final Map<String, String> EXCEPTIONS = Map.of(
            "OpcodeMaps#OpcodeMaps.group", "a table: the opcode groups of the manual, a line each",
            "DecoderTest#DecoderTest.fields", "a table: rows of bytes and the fields they decode to");

    @Test
    void everySourceIsWithinTheWalls() throws IOException {
        List<JavaFileObject> sources = new ArrayList<>();
        for (Path file : SourceTree.javaFiles()) {
            sources.add(source(SourceTree.display(file), Files.readString(file)));
        }

        List<SizeWalls.Finding> findings = SizeWalls.measure(sources);

        assertThat(findings.stream().filter(f -> !EXCEPTIONS.containsKey(f.key())))
                .as(
                        "methods have at most %d lines, types %d, nesting is at most %d",
                        SizeWalls.METHOD_LINES, SizeWalls.TYPE_LINES, SizeWalls.NESTING)
                .isEmpty();
        Set<String> found = findings.stream().map(SizeWalls.Finding::key).collect(Collectors.toSet());
        assertThat(found).as("exceptions that nothing needs any more").containsAll(EXCEPTIONS.keySet());
    }

    @Test
    void aMethodOfSixtyLinesPassesAndOneMoreDoesNot() throws IOException {
        assertThat(measure("class A {\n void m() {\n" + "\n".repeat(58) + "}\n}"))
                .isEmpty();
        assertThat(measure("class A {\n void m() {\n" + "\n".repeat(59) + "}\n}"))
                .containsExactly("a/A.java:2: method A.m has 61 lines, more than 60; exception's name: A#A.m");
    }

    @Test
    void aTypeOfFiveHundredLinesPassesAndOneMoreDoesNot() throws IOException {
        assertThat(measure("class A {" + "\n".repeat(499) + "}")).isEmpty();
        assertThat(measure("record A() {" + "\n".repeat(500) + "}"))
                .containsExactly("a/A.java:1: type A has 501 lines, more than 500; exception's name: A#A");
    }

    @Test
    void theFourthLevelOfNestingIsTold() throws IOException {
        assertThat(measure("class A { void m() { for (;;) { if (a) { while (b) { c(); } } } } }"))
                .isEmpty();
        assertThat(measure("class A { void m() {\n"
                        + "for (;;) {\n"
                        + "if (a) {\n"
                        + "while (b) {\n"
                        + "try { c(); } finally { d(); }\n"
                        + "} } } } }"))
                .containsExactly("a/A.java:5: try in A.m is nested 4 deep, more than 3; exception's name: A#A.m");
    }

    @Test
    void elseIfIsNoDeeperThanItsIfButALambdaIsPartOfItsMethod() throws IOException {
        assertThat(measure("class A { void m() { if (a) {} else if (b) {} else if (c) {} else if (d) {} else {"
                        + " e(); } } }"))
                .isEmpty();
        assertThat(measure("class A { void m() { for (;;) if (a) while (b) run(() -> {\nif (c) { d(); } }); } }"))
                .containsExactly("a/A.java:2: if in A.m is nested 4 deep, more than 3; exception's name: A#A.m");
        assertThat(measure(
                        "class A { void m() { for (;;) if (a) while (b) run(new B() { void n() { if (c) {} } }); } }"))
                .isEmpty();
    }

    private static List<String> measure(String text) throws IOException {
        return SizeWalls.measure(List.of(source("a/A.java", text))).stream()
                .map(SizeWalls.Finding::toString)
                .toList();
    }

    private static JavaFileObject source(String path, String text) {
        return new SimpleJavaFileObject(URI.create("string:///" + path), JavaFileObject.Kind.SOURCE) {
            @Override
            public String getName() {
                return path;
            }

            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return text;
            }
        };
    }
}
