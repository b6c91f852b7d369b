// SPDX-License-Identifier: Apache-2.0
package dev.synapic.style;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import org.junit.jupiter.api.Test;

/** What an embedder sees of the library has a Javadoc comment. */
class JavadocTest {
    /** The modules that are taken on their own. */
    private static final List<String> LIBRARY = List.of("spec", "guestmem", "interrupts");

    @Test
    void everyPublicTypeConstructorAndMethodOfTheLibraryHasAComment() throws IOException {
        List<JavaFileObject> sources = new ArrayList<>();
        for (String module : LIBRARY) {
            List<JavaFileObject> ofModule = sources(module);
            assertThat(ofModule).as("sources of " + module).isNotEmpty();
            sources.addAll(ofModule);
        }

        assertThat(JavadocGaps.find(sources))
                .as("public types, constructors and methods without a Javadoc comment")
                .isEmpty();
    }

    @Test
    void aGapIsToldWithItsFileLineAndMember() throws IOException {
        assertThat(gaps("""
            public class A {
                public A() {}
                public void m() {}
                public static class B {
                    public int n() { return 0; }
                }
            }
            """))
                .containsExactly(
                        "a/A.java:1: type A",
                        "a/A.java:2: constructor of A",
                        "a/A.java:3: method A.m",
                        "a/A.java:4: type A.B",
                        "a/A.java:5: method A.B.n");
    }

    @Test
    void anEmptyCommentOrOneThatIsNoJavadocIsAGap() throws IOException {
        assertThat(gaps("/** */\npublic class A {}")).containsExactly("a/A.java:2: type A");
        assertThat(gaps("/* It is A. */\npublic class A {}")).containsExactly("a/A.java:2: type A");
        assertThat(gaps("/** It is A. */\npublic class A {}")).isEmpty();
    }

    @Test
    void membersOfAnInterfaceArePublicUnlessTheyArePrivate() throws IOException {
        assertThat(gaps("/** I. */ public interface I { void m(); private void n() {} class C {} }"))
                .containsExactly("a/A.java:1: method I.m", "a/A.java:1: type I.C");
    }

    @Test
    void whatIsNotPublicAllTheWayUpNeedsNoComment() throws IOException {
        assertThat(gaps("class A { public A() {} public void m() {} public static class B {} }"))
                .isEmpty();
        assertThat(gaps("/** A. */ public class A { A() {} void m() {} protected void n() {} class B {} }"))
                .isEmpty();
    }

    @Test
    void overridingMethodsAccessorsOfRecordsAndEnumConstantsNeedNoComment() throws IOException {
        assertThat(gaps("/** A. */ public class A { @Override public String toString() { return null; } }"))
                .isEmpty();
        assertThat(gaps("/** A. */ public enum A { X, Y }")).isEmpty();
        assertThat(gaps("""
            /** A. */ public record A(int x) {
                public static int y;
                public int x() { return x; }
                public int x(int by) { return x; }
                public int y() { return y; }
                public A {}
            }
            """))
                .containsExactly("a/A.java:4: method A.x", "a/A.java:5: method A.y", "a/A.java:6: constructor of A");
    }

    private static List<JavaFileObject> sources(String module) throws IOException {
        Path root = SourceTree.ROOT.resolve(module).resolve("src/main/java");
        List<JavaFileObject> sources = new ArrayList<>();
        for (Path file : SourceTree.javaFiles()) {
            if (file.startsWith(root)) {
                sources.add(source(SourceTree.display(file), Files.readString(file)));
            }
        }
        return sources;
    }

    private static List<String> gaps(String text) throws IOException {
        return JavadocGaps.find(List.of(source("a/A.java", text)));
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
