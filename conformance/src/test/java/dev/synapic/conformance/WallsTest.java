// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The walls between the modules and inside them, on the compiled production classes. */
class WallsTest {
    private static final String HOUSE = "dev.synapic..";
    private static final String[] LIBRARIES = {
        "dev.synapic.spec..",
        "dev.synapic.guestmem..",
        "dev.synapic.interrupts..",
        "dev.synapic.eventfd..",
        "dev.synapic.vmbus..",
        "dev.synapic.cpu..",
        "dev.synapic.machine.."
    };

    private static final JavaClasses PRODUCTION =
            new ClassFileImporter().importPackages("dev.synapic").that(not(from("dev.synapic.conformance..")));

    @Test
    void allModulesAreSeen() {
        for (String module : LIBRARIES) {
            assertThat(PRODUCTION.that(from(module))).as(module).isNotEmpty();
        }
        assertThat(PRODUCTION.that(from("dev.synapic.cli.."))).isNotEmpty();
    }

    // ---- between modules

    @Test
    void vocabularyAndMemoryDependOnNothing() {
        check(noDependency(from("dev.synapic.spec.."), others("dev.synapic.spec..")));
        check(noDependency(from("dev.synapic.guestmem.."), others("dev.synapic.guestmem..")));
    }

    @Test
    void theCpuAndTheInterruptsDoNotSeeEachOther() {
        check(noDependency(from("dev.synapic.cpu.."), from("dev.synapic.interrupts..")));
        check(noDependency(from("dev.synapic.interrupts.."), from("dev.synapic.cpu..")));
    }

    @Test
    void theMachineIsAboveAndTheCommandLineOnTop() {
        check(noDependency(
                from("dev.synapic.cpu..", "dev.synapic.interrupts..", "dev.synapic.vmbus.."),
                from("dev.synapic.machine..", "dev.synapic.cli..")));
        check(noDependency(from("dev.synapic.vmbus.."), from("dev.synapic.cpu..")));
        check(noDependency(from("dev.synapic.interrupts.."), from("dev.synapic.vmbus..", "dev.synapic.eventfd..")));
        check(noDependency(
                from("dev.synapic.eventfd.."),
                from("dev.synapic.machine..", "dev.synapic.cpu..", "dev.synapic.vmbus..")));
        check(noDependency(from("dev.synapic.machine.."), from("dev.synapic.cli..")));
    }

    @Test
    void librariesStandOnTheJdkAlone() {
        DescribedPredicate<JavaClass> primitive =
                describe("primitive", type -> type.getBaseComponentType().isPrimitive());
        check(noDependency(
                from(LIBRARIES),
                not(from(HOUSE, "java..", "org.jspecify.annotations..").or(primitive))));
    }

    // ---- inside interrupts

    @Test
    void theArchitecturalApicKnowsNoFrontEnd() {
        check(noDependency(
                from("dev.synapic.interrupts.apic.."),
                from(
                        "dev.synapic.interrupts.hyperv..",
                        "dev.synapic.interrupts.kvm..",
                        "dev.synapic.interrupts.routing..",
                        "dev.synapic.interrupts.apicv..",
                        "dev.synapic.interrupts.ioapic..",
                        "dev.synapic.interrupts.pic..",
                        "dev.synapic.interrupts.pit..")));
    }

    @Test
    void theParavirtualFrontEndsDoNotSeeEachOther() {
        check(noDependency(from("dev.synapic.interrupts.hyperv.."), from("dev.synapic.interrupts.kvm..")));
        check(noDependency(from("dev.synapic.interrupts.kvm.."), from("dev.synapic.interrupts.hyperv..")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "dev.synapic.spec",
                "dev.synapic.guestmem",
                "dev.synapic.interrupts",
                "dev.synapic.eventfd",
                "dev.synapic.vmbus",
                "dev.synapic.cpu",
                "dev.synapic.machine",
                "dev.synapic.cli"
            })
    void packagesOfAModuleHaveNoCycles(String module) {
        check(slices().matching(module + ".(**)").should().beFreeOfCycles());
    }

    // ---- what production code must not do

    @Test
    void noStateIsStatic() {
        check(classes().should(ProductionRules.haveNoMutableStaticState()));
    }

    @Test
    void onlyTheCommandLineWritesToStandardOutputOrEnds() {
        check(noClasses().that(from(LIBRARIES)).should(ProductionRules.accessStandardStreams()));
        check(noClasses().that(from(LIBRARIES)).should(ProductionRules.endTheProcess()));
    }

    @Test
    void onlyTheHostClockReadsTheWallClock() {
        DescribedPredicate<JavaClass> others =
                describe("are not HostClock", type -> !type.getName().equals("dev.synapic.machine.HostClock"));
        check(noClasses().that(others).should(ProductionRules.readTheWallClock()));
    }

    @Test
    void nobodyUsesUnsafeOrInternals() {
        check(noDependency(from(HOUSE), from("sun..", "jdk.internal..", "com.sun.jna..")));
    }

    @Test
    void namesSayWhatAClassIs() {
        check(noClasses().should().haveSimpleNameEndingWith("Impl"));
        check(noClasses().should().haveSimpleNameEndingWith("Manager"));
        check(noClasses().should().haveSimpleNameEndingWith("Helper"));
        check(noClasses().should().haveSimpleNameEndingWith("Util"));
        check(noClasses().should().haveSimpleNameEndingWith("Utils"));
        check(noClasses().should().resideInAnyPackage("..base..", "..common..", "..util..", "..utils..", "..impl.."));
    }

    /** Classes, arrays of classes included, of packages. */
    private static DescribedPredicate<JavaClass> from(String... packages) {
        DescribedPredicate<JavaClass> inside = resideInAnyPackage(packages);
        return describe("of " + String.join(", ", packages), type -> inside.test(type.getBaseComponentType()));
    }

    /** Classes of the house but these. */
    private static DescribedPredicate<JavaClass> others(String own) {
        return from(HOUSE).and(not(from(own)));
    }

    private static ArchRule noDependency(DescribedPredicate<JavaClass> from, DescribedPredicate<JavaClass> to) {
        return noClasses().that(from).should().dependOnClassesThat(to);
    }

    private static void check(ArchRule rule) {
        rule.allowEmptyShould(true).check(PRODUCTION);
    }
}
