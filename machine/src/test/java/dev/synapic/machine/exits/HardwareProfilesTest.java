// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.exits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.machine.ConfigurationException;
import org.junit.jupiter.api.Test;

class HardwareProfilesTest {
    private final HardwareProfiles profiles = HardwareProfiles.load();

    @Test
    void theFourProfilesOfTheDesignExist() {
        assertThat(profiles.names()).containsExactly("skylake-apicv", "skylake-no-apicv", "ipi-virtualization", "avic");
    }

    @Test
    void aProfileInheritsWhatItDoesNotSay() {
        HardwareProfile parent = profiles.get("skylake-apicv");
        HardwareProfile child = profiles.get("skylake-no-apicv");
        assertThat(parent.apicv()).isTrue();
        assertThat(child.apicv()).isFalse();
        assertThat(child.exitToHostPs()).isEqualTo(parent.exitToHostPs());
    }

    /** Published: broadcast in x2APIC physical mode takes 198.45 us with 79 exits and 78.07 us with one. */
    @Test
    void theCalibratedConstantsFollowFromTwoPublishedRows() {
        HardwareProfile profile = profiles.get("skylake-apicv");
        double exitUs = (198.45 - 78.07) / 78;
        double acceptUs = (78.07 - exitUs) / 79;
        double modelledExitUs = (profile.exitToHostPs() + profile.entryPs()) / 1e6;
        assertThat(modelledExitUs).isBetween(exitUs * 0.99, exitUs * 1.01);
        assertThat(profile.acceptHaltedPs() / 1e6).isBetween(acceptUs * 0.98, acceptUs * 1.02);
    }

    @Test
    void everyCostSaysWhoPaysWhenAndWhereItComesFrom() {
        for (HardwareProfile.Entry entry : profiles.get("skylake-apicv").entries()) {
            assertThat(entry.when()).as(entry.name()).isNotBlank();
            if (entry.value().endsWith(" ps")) {
                assertThat(entry.chargedTo()).as(entry.name()).isNotBlank();
                assertThat(entry.source()).as(entry.name()).isNotBlank();
            }
        }
    }

    @Test
    void anUnknownProfileIsRefusedWithTheKnownOnes() {
        assertThatThrownBy(() -> profiles.get("skylake"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("skylake-no-apicv");
    }
}
