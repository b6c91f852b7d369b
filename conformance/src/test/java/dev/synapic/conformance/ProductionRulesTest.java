// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/** The project's own conditions catch what they are for: a check that cannot fail proves nothing. */
class ProductionRulesTest {
    @Test
    void staticStateIsFoundAndConstantsPass() {
        List<String> findings = violations(classes().should(ProductionRules.haveNoMutableStaticState()), Statics.class);

        assertThat(findings).hasSize(3);
        assertThat(String.join("\n", findings))
                .contains(".notFinal", ".MAP", ".WRITABLE")
                .doesNotContain(".TABLE", ".NAMES");
    }

    @Test
    void clocksAreFoundInCallsAndReferences() {
        assertThat(violations(noClasses().should(ProductionRules.readTheWallClock()), Clocks.class))
                .hasSize(2);
    }

    @Test
    void outputAndExitAreFound() {
        assertThat(violations(noClasses().should(ProductionRules.accessStandardStreams()), Talker.class))
                .hasSize(2);
        assertThat(violations(noClasses().should(ProductionRules.endTheProcess()), Talker.class))
                .hasSize(1);
    }

    private static List<String> violations(ArchRule rule, Class<?> type) {
        return rule.evaluate(new ClassFileImporter().importClasses(type))
                .getFailureReport()
                .getDetails();
    }

    @SuppressWarnings({"unused", "UnusedVariable", "NonFinalStaticField", "MutablePublicArray"})
    static final class Statics {
        static int notFinal;
        static final HashMap<String, String> MAP = new HashMap<>();
        static final int[] WRITABLE = {1};
        private static final int[] TABLE = {1};
        static final Map<String, String> NAMES = Map.of();
    }

    static final class Clocks {
        final LongSupplier reference = System::nanoTime;

        Instant call() {
            return Instant.now();
        }
    }

    static final class Talker {
        void talk(Exception e) {
            System.out.println("text");
            e.printStackTrace();
            System.exit(1);
        }
    }
}
