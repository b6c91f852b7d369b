// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Encodings of the APIC's registers (SDM vol. 3A, chapter 12). */
class ApicVocabularyTest {
    // Table 12-6: the MSR of an offset.
    @ParameterizedTest
    @CsvSource({"0x020, 0x802", "0x0B0, 0x80B", "0x300, 0x830", "0x3F0, 0x83F"})
    void anOffsetHasItsMsr(String offset, String msr) {
        assertThat(ApicRegister.msr(Integer.decode(offset))).isEqualTo(Integer.decode(msr));
        assertThat(ApicRegister.offset(Integer.decode(msr))).isEqualTo(Integer.decode(offset));
    }

    @ParameterizedTest
    @CsvSource({
        "0x020, ID", "0x080, TPR", "0x0B0, EOI", "0x100, ISR0", "0x170, ISR7", "0x180, TMR0", "0x1F0, TMR7",
        "0x200, IRR0", "0x270, IRR7", "0x280, ESR", "0x2F0, LVT_CMCI", "0x300, ICR", "0x370, LVT_ERROR", "0x390, TMCCT",
        "0x3F0, SELF_IPI", "0x400, APIC_0x400", "0x3A0, APIC_0x3a0"
    })
    void registersHaveTheManualsNames(String offset, String name) {
        assertThat(ApicRegister.name(Integer.decode(offset))).isEqualTo(name);
    }

    @Test
    void everyNameButTheGenericOnesIsGivenOnce() {
        long named = 0;
        Set<String> names = new HashSet<>();
        for (int offset = 0; offset < 0x1000; offset += 0x10) {
            String name = ApicRegister.name(offset);
            assertThat(names.add(name)).as(name).isTrue();
            named += name.startsWith("APIC_") ? 0 : 1;
        }
        assertThat(named).isEqualTo(48);
    }

    @Test
    void enumsReadAndWriteTheirBits() {
        for (DeliveryMode mode : DeliveryMode.values()) {
            assertThat(DeliveryMode.of(mode.bits() | 0xFFFF_F8FF)).isEqualTo(mode);
        }
        for (DestinationShorthand shorthand : DestinationShorthand.values()) {
            assertThat(DestinationShorthand.of(shorthand.bits() | 0xFFF3_FFFF)).isEqualTo(shorthand);
        }
        for (ApicTimerMode mode : ApicTimerMode.values()) {
            assertThat(ApicTimerMode.of(mode.bits() | 0xFFF9_FFFF)).isEqualTo(mode);
        }
        for (TriggerMode mode : TriggerMode.values()) {
            assertThat(TriggerMode.of(mode.bits())).isEqualTo(mode);
        }
        for (DestinationMode mode : DestinationMode.values()) {
            assertThat(DestinationMode.of(mode.bits())).isEqualTo(mode);
        }
    }

    // 12.6.1: encodings of the delivery mode.
    @Test
    void deliveryModesAreNumberedAsInTheManual() {
        assertThat(DeliveryMode.of(0x000)).isEqualTo(DeliveryMode.FIXED);
        assertThat(DeliveryMode.of(0x100)).isEqualTo(DeliveryMode.LOWEST_PRIORITY);
        assertThat(DeliveryMode.of(0x200)).isEqualTo(DeliveryMode.SMI);
        assertThat(DeliveryMode.of(0x400)).isEqualTo(DeliveryMode.NMI);
        assertThat(DeliveryMode.of(0x500)).isEqualTo(DeliveryMode.INIT);
        assertThat(DeliveryMode.of(0x600)).isEqualTo(DeliveryMode.STARTUP);
        assertThat(DeliveryMode.of(0x700)).isEqualTo(DeliveryMode.EXTINT);
    }

    @Test
    void anIcrShowsItsFields() {
        Icr icr = new Icr(0xFF00_0012_000C_CCFDL);
        assertThat(icr.vector()).isEqualTo(0xFD);
        assertThat(icr.deliveryMode()).isEqualTo(DeliveryMode.NMI);
        assertThat(icr.destinationMode()).isEqualTo(DestinationMode.LOGICAL);
        assertThat(icr.levelAssert()).isTrue();
        assertThat(icr.triggerMode()).isEqualTo(TriggerMode.LEVEL);
        assertThat(icr.shorthand()).isEqualTo(DestinationShorthand.ALL_EXCLUDING_SELF);
        assertThat(icr.xapicDestination()).isEqualTo(0xFF);
        assertThat(icr.x2apicDestination()).isEqualTo(0xFF00_0012);
    }

    @Test
    void anLvtEntryShowsItsFields() {
        Lvt lvt = new Lvt(0x5_84EC);
        assertThat(lvt.vector()).isEqualTo(0xEC);
        assertThat(lvt.deliveryMode()).isEqualTo(DeliveryMode.NMI);
        assertThat(lvt.triggerMode()).isEqualTo(TriggerMode.LEVEL);
        assertThat(lvt.masked()).isTrue();
        assertThat(lvt.timerMode()).isEqualTo(ApicTimerMode.TSC_DEADLINE);
    }

    @Test
    void anSvrShowsItsFields() {
        assertThat(new Svr(0x1F0).vector()).isEqualTo(0xF0);
        assertThat(new Svr(0x1F0).softwareEnabled()).isTrue();
        assertThat(new Svr(0xFF).softwareEnabled()).isFalse();
    }

    @Test
    void theBaseMsrShowsModeAndBase() {
        assertThat(new ApicBaseMsr(0xFEE0_0900L).mode()).isEqualTo(ApicMode.XAPIC);
        assertThat(new ApicBaseMsr(0xFEE0_0C00L).mode()).isEqualTo(ApicMode.X2APIC);
        assertThat(new ApicBaseMsr(0xFEE0_0000L).mode()).isEqualTo(ApicMode.DISABLED);
        assertThat(new ApicBaseMsr(0xFEE0_0400L).valid()).isFalse();
        assertThat(new ApicBaseMsr(0xFEE0_0900L).base()).isEqualTo(0xFEE0_0000L);
        assertThat(new ApicBaseMsr(0xFEE0_0900L).bootstrapProcessor()).isTrue();
        assertThat(ApicBaseMsr.reserved(36)).isEqualTo(0xFFFF_FFF0_0000_02FFL);
    }

    // 12.11: address and data of a message; both ways of extending the destination.
    @Test
    void anMsiShowsItsFields() {
        assertThat(Msi.destination(0xFEEA_5000L)).isEqualTo(0xA5);
        assertThat(Msi.destination(0xFEEA_5FE0L)).isEqualTo(0x7FA5);
        assertThat(Msi.destination(0x1234_56FF_FEEA_5000L)).isEqualTo(0x1234_56A5);
        assertThat(Msi.logical(0xFEE0_0004L)).isTrue();
        assertThat(Msi.redirectionHint(0xFEE0_0008L)).isTrue();
        assertThat(Msi.logical(0xFEE0_0008L)).isFalse();
        assertThat(Msi.vector(0x81FD)).isEqualTo(0xFD);
        assertThat(Msi.deliveryMode(0x81FD)).isEqualTo(DeliveryMode.LOWEST_PRIORITY);
        assertThat(Msi.triggerMode(0x81FD)).isEqualTo(TriggerMode.LEVEL);
    }
}
