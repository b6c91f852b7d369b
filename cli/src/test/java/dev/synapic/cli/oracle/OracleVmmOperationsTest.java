// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What devices and a VMM do through the oracle, and time and reset: a rule or more for each op. */
class OracleVmmOperationsTest {
    /** Level-triggered, vector 0x61, to APIC 0. */
    private static void levelEntry(OracleClient oracle, int pin) {
        oracle.result("{'op':'mmio-write','vcpu':0,'gpa':'0xfec00000','value':" + (0x10 + 2 * pin) + "}");
        oracle.result("{'op':'mmio-write','vcpu':0,'gpa':'0xfec00010','value':'0x8061'}");
    }

    private static void enableSynIc(OracleClient oracle) {
        oracle.result("{'op':'msr-write','vcpu':0,'msr':'0x40000083','value':'0x1001'}");
        oracle.result("{'op':'msr-write','vcpu':0,'msr':'0x40000082','value':'0x2001'}");
        oracle.result("{'op':'msr-write','vcpu':0,'msr':'0x40000080','value':1}");
        oracle.result("{'op':'msr-write','vcpu':0,'msr':'0x40000092','value':'0x52'}");
    }

    // ---- line

    /** KVM_IRQ_LINE_STATUS: targets reached, 0 coalesced, -1 ignored. */
    @Test
    void aLineTellsWhatBecameOfIt() {
        try (OracleClient oracle = OracleClient.with("")) {
            assertThat(oracle.result("{'op':'line','gsi':20,'level':true}")).isEqualTo("-0x1");
            oracle.result("{'op':'line','gsi':20,'level':false}");
            levelEntry(oracle, 20);
            assertThat(oracle.result("{'op':'line','gsi':20,'level':1}")).isEqualTo("0x1");
            assertThat(oracle.result("{'op':'line','gsi':20,'level':1,'source':5}"))
                    .isEqualTo("0x0");
            assertThat(oracle.result("{'op':'line','gsi':3000,'level':1}")).isEqualTo("-0x1");
        }
    }

    @Test
    void aLevelThatStaysIsRaisedAgainAfterItsEnd() {
        for (String chip : List.of("full", "split")) {
            try (OracleClient oracle = OracleClient.with("'irqchip':'" + chip + "'")) {
                levelEntry(oracle, 20);
                oracle.result("{'op':'line','gsi':20,'level':1}");
                assertThat(oracle.result("{'op':'acknowledge','vcpu':0}")).isEqualTo("0x61");
                assertThat(oracle.events("{'op':'eoi','vcpu':0}")).as(chip).contains("kvm_eoi", "kvm_apic_accept_irq");
                assertThat(oracle.result("{'op':'acknowledge','vcpu':0}")).isEqualTo("0x61");
                oracle.result("{'op':'line','gsi':20,'level':0}");
                oracle.result("{'op':'eoi','vcpu':0}");
                assertThat(oracle.result("{'op':'acknowledge','vcpu':0}"))
                        .as(chip)
                        .isNull();
            }
        }
    }

    // ---- msi

    @Test
    void aMessageTellsHowManyAccepted() {
        try (OracleClient oracle = OracleClient.with("'vcpus':3")) {
            assertThat(oracle.result("{'op':'msi','address':'0xfeeff000','data':'0x41'}"))
                    .isEqualTo("0x3");
            assertThat(oracle.result("{'op':'msi','address':'0xfee09000','data':'0x41'}"))
                    .isEqualTo("0x0");
        }
    }

    // ---- route

    @Test
    void routesAreAddedReplacedAndTakenAway() {
        try (OracleClient oracle = OracleClient.with("")) {
            // 39 routes: a PC's 15 of the 8259A pair and 23 of the I/O APIC, and one more.
            assertThat(oracle.result(
                            "{'op':'route','add':[{'gsi':24,'type':'msi','address':'0xfee00000','data':'0x41'}]}"))
                    .isEqualTo("0x27");
            assertThat(oracle.result("{'op':'line','gsi':24,'level':1}")).isEqualTo("0x1");
            assertThat(oracle.result("{'op':'route','remove':[24]}")).isEqualTo("0x26");
            assertThat(oracle.result("{'op':'line','gsi':24,'level':1}")).isEqualTo("-0x1");
            assertThat(oracle.result("{'op':'route','set':[{'gsi':0,'type':'irqchip','chip':2,'pin':0}]}"))
                    .isEqualTo("0x1");
        }
    }

    @Test
    void aTableThatIsSetLeavesTheOraclesOwnRoutes() {
        try (OracleClient oracle = OracleClient.with("'irqchip':'split'")) {
            enableSynIc(oracle);
            levelEntry(oracle, 20);
            oracle.result("{'op':'post-message','vp':0,'sint':2,'type':1}");
            assertThat(oracle.result("{'op':'route','set':[]}")).isEqualTo("0x2");
            assertThat(oracle.error("{'op':'route','set':[{'gsi':20,'type':'msi','address':0,'data':0}]}"))
                    .isEqualTo("field 'set[0].gsi' is 20; the client's are 24 to 2047");
        }
    }

    // ---- irqfd, signal

    @Test
    void anIrqfdWithoutResamplerPulsesItsGsi() {
        try (OracleClient oracle = OracleClient.with("")) {
            oracle.result("{'op':'route','add':[{'gsi':24,'type':'msi','address':'0xfee00000','data':'0x41'}]}");
            oracle.result("{'op':'irqfd','gsi':24,'eventfd':'nic'}");
            assertThat(oracle.events("{'op':'signal','eventfd':'nic','count':3}"))
                    .containsExactly("kvm_apic_accept_irq", "kvm_apic_ipi", "kvm_set_irq", "kvm_set_irq");
            assertThat(oracle.error("{'op':'irqfd','gsi':24,'eventfd':'nic'}"))
                    .isEqualTo("EBUSY: the eventfd is attached to an irqfd already; deassign that first");
            assertThat(oracle.result("{'op':'irqfd','gsi':24,'eventfd':'nic','deassign':true}"))
                    .isEqualTo(true);
            assertThat(oracle.result("{'op':'irqfd','gsi':24,'eventfd':'nic','deassign':true}"))
                    .isEqualTo(false);
        }
    }

    /** KVM API, KVM_IRQFD_FLAG_RESAMPLE: the line falls and the resample eventfd is signalled; with a split chip too. */
    @Test
    void aResamplerLowersTheLineAndTellsItsEventfd() {
        for (String chip : List.of("full", "split")) {
            try (OracleClient oracle = OracleClient.with("'irqchip':'" + chip + "'")) {
                if (chip.equals("full")) {
                    levelEntry(oracle, 20);
                } else {
                    oracle.result("{'op':'route','add':[{'gsi':30,'type':'hv-sint','vp':0,'sint':0}]}");
                    oracle.result("{'op':'msr-write','vcpu':0,'msr':'0x40000090','value':'0x61'}");
                }
                int gsi = chip.equals("full") ? 20 : 30;
                oracle.result("{'op':'irqfd','gsi':" + gsi + ",'eventfd':'up','resample':'done'}");
                oracle.result("{'op':'signal','eventfd':'up'}");
                assertThat(oracle.result("{'op':'acknowledge','vcpu':0}")).isEqualTo("0x61");
                List<Map<String, Object>> events = OracleClient.eventsOf(oracle.ask("{'op':'eoi','vcpu':0}"));
                assertThat(events.getLast())
                        .as(chip)
                        .containsEntry("event", "eventfd")
                        .containsEntry("eventfd", "done");
            }
        }
    }

    @Test
    void aSignalThatNobodyTakesIsAnEventOfItsEventfd() {
        try (OracleClient oracle = OracleClient.with("")) {
            assertThat(OracleClient.eventsOf(oracle.ask("{'op':'signal','eventfd':'x','count':7}"))
                            .getFirst())
                    .containsEntry("eventfd", "x")
                    .containsEntry("count", 7)
                    .containsEntry("vcpu", null);
        }
    }

    // ---- post-message, signal-event

    /** TLFS, "SynIC Messages": the second message waits for EOM, and the first says so by its flag. */
    @Test
    void aSecondMessageWaitsForTheEndOfTheFirst() {
        try (OracleClient oracle = OracleClient.with("")) {
            enableSynIc(oracle);
            assertThat(oracle.result("{'op':'post-message','vp':0,'sint':2,'type':1,'sender':9,'payload':'0102'}"))
                    .isEqualTo("0x0");
            oracle.result("{'op':'post-message','vp':0,'sint':2,'type':5}");
            assertThat(oracle.result("{'op':'mem-read','gpa':'0x1200','length':18}"))
                    .isEqualTo("01000000020100000900000000000000" + "0102");
            assertThat(oracle.result("{'op':'acknowledge','vcpu':0}")).isEqualTo("0x52");
            oracle.result("{'op':'mem-write','gpa':'0x1200','value':0}");
            oracle.result("{'op':'msr-write','vcpu':0,'msr':'0x40000084','value':0}");
            assertThat(oracle.result("{'op':'mem-read','gpa':'0x1200'}")).isEqualTo("0x5");
        }
    }

    /** HvStatus of HvCallPostMessage: INVALID_SYNIC_STATE is 0x18, INSUFFICIENT_BUFFERS 0x13. */
    @Test
    void aPortAnswersAsHvCallPostMessageDoes() {
        try (OracleClient oracle = OracleClient.with("")) {
            String post = "{'op':'post-message','vp':0,'sint':2,'type':1}";
            assertThat(oracle.result(post)).isEqualTo("0x18");
            enableSynIc(oracle);
            for (int i = 0; i < 17; i++) {
                assertThat(oracle.result(post)).isEqualTo("0x0");
            }
            assertThat(oracle.result(post)).isEqualTo("0x13");
        }
    }

    /** TLFS, "Event Flag Delivery": an interrupt only where the flag was clear. */
    @Test
    void anEventSetsItsFlagAndRaisesTheSintOnce() {
        try (OracleClient oracle = OracleClient.with("")) {
            assertThat(oracle.result("{'op':'signal-event','vp':0,'sint':2,'flag':9}"))
                    .isEqualTo("0x18");
            enableSynIc(oracle);
            assertThat(oracle.events("{'op':'signal-event','vp':0,'sint':2,'flag':9}"))
                    .contains("kvm_hv_synic_set_irq");
            assertThat(oracle.result("{'op':'mem-read','gpa':'0x2200'}")).isEqualTo("0x200");
            assertThat(oracle.events("{'op':'signal-event','vp':0,'sint':2,'flag':9}"))
                    .isEmpty();
        }
    }

    /** KVM_HYPERV_EVENTFD, HvCallSignalEvent and HvCallPostMessage end where create said. */
    @Test
    void connectionsLeadAGuestsCallsToSintsAndEventfds() {
        try (OracleClient oracle = OracleClient.with("'connections':[{'id':7,'kind':'message','vp':0,'sint':2},"
                + "{'id':8,'kind':'event','vp':0,'sint':2},{'id':9,'kind':'eventfd','eventfd':'doorbell'}]")) {
            enableSynIc(oracle);
            oracle.result("{'op':'msr-write','vcpu':0,'msr':'0x40000000','value':1}");
            assertThat(oracle.events("{'op':'hypercall','vcpu':0,'rcx':'0x1005d','rdx':9}"))
                    .containsExactly("eventfd", "kvm_hv_hypercall");
            oracle.result("{'op':'hypercall','vcpu':0,'rcx':'0x1005d','rdx':'0x500000008'}");
            assertThat(oracle.result("{'op':'mem-read','gpa':'0x2200'}")).isEqualTo("0x20");
            oracle.result(
                    "{'op':'mem-write','gpa':'0x4000','data':'0700000000000000" + "0100000004000000" + "aabbccdd'}");
            assertThat(oracle.resultObject("{'op':'hypercall','vcpu':0,'rcx':'0x5c','rdx':'0x4000'}"))
                    .containsEntry("rax", "0x0");
            assertThat(oracle.result("{'op':'mem-read','gpa':'0x1200','length':20}"))
                    .isEqualTo("01000000040000000700000000000000" + "aabbccdd");
        }
    }

    // ---- advance

    /** SDM vol. 3A, 12.5.4: an initial count of 100 with divider 1 at 1 GHz is 100 ns. */
    @Test
    void timersFireAtTheirTimeWhileTimeGoesOn() {
        try (OracleClient oracle = OracleClient.with("")) {
            oracle.result("{'op':'mmio-write','vcpu':0,'gpa':'0xfee003e0','value':'0xb'}");
            oracle.result("{'op':'mmio-write','vcpu':0,'gpa':'0xfee00320','value':'0x20031'}");
            oracle.result("{'op':'mmio-write','vcpu':0,'gpa':'0xfee00380','value':100}");
            Map<String, Object> reply = oracle.ask("{'op':'advance','ns':250}");
            assertThat(OracleClient.eventsOf(reply))
                    .extracting(event -> event.get("ns"))
                    .containsExactly(100, 200);
            assertThat(reply.get("result")).isEqualTo(Map.of("ns", 250, "complete", true));
            assertThat(oracle.result("{'op':'mmio-read','vcpu':0,'gpa':'0xfee00390'}"))
                    .isEqualTo("0x32");
        }
    }

    @Test
    void aRequestMeetsTenThousandDeadlinesAndTheNextOneGoesOn() {
        try (OracleClient oracle = OracleClient.with("")) {
            oracle.result("{'op':'mmio-write','vcpu':0,'gpa':'0xfee003e0','value':'0xb'}");
            oracle.result("{'op':'mmio-write','vcpu':0,'gpa':'0xfee00320','value':'0x20031'}");
            oracle.result("{'op':'mmio-write','vcpu':0,'gpa':'0xfee00380','value':1}");
            assertThat(oracle.result("{'op':'advance','ns':1000000000}"))
                    .isEqualTo(Map.of("ns", 10_000, "complete", false));
            assertThat(oracle.result("{'op':'advance','ns':5}")).isEqualTo(Map.of("ns", 10_005, "complete", true));
        }
    }

    @Test
    void timeEndsWhereEveryLanguageStillHasExactNumbers() {
        try (OracleClient oracle = OracleClient.with("")) {
            assertThat(oracle.resultObject("{'op':'advance','ns':9007199254740991}"))
                    .containsEntry("complete", true);
            assertThat(oracle.error("{'op':'advance','ns':1}")).isEqualTo("field 'ns' is 1; give 0 to 0");
        }
    }

    @Test
    void eventsBeyondTenThousandAreCountedOnly() {
        try (OracleClient oracle = OracleClient.with("'vcpus':12,'memory':4096")) {
            // Twelve timers, each of which fires at each nanosecond.
            for (int vcpu = 0; vcpu < 12; vcpu++) {
                oracle.result("{'op':'mmio-write','vcpu':" + vcpu + ",'gpa':'0xfee003e0','value':'0xb'}");
                oracle.result("{'op':'mmio-write','vcpu':" + vcpu + ",'gpa':'0xfee00320','value':'0x20031'}");
                oracle.result("{'op':'mmio-write','vcpu':" + vcpu + ",'gpa':'0xfee00380','value':1}");
            }
            Map<String, Object> reply = oracle.ask("{'op':'advance','ns':1000}");
            assertThat(OracleClient.eventsOf(reply)).hasSize(10_000);
            assertThat(reply).containsEntry("dropped", 2_000);
        }
    }

    // ---- reset

    @Test
    void resetIsPowerOnInTheModeOfTheFabricWhileTimeGoesOn() {
        try (OracleClient oracle = OracleClient.with("'apicMode':'x2apic'")) {
            oracle.result("{'op':'advance','ns':50}");
            oracle.result("{'op':'msr-write','vcpu':0,'msr':'0x3b','value':5}");
            oracle.result("{'op':'msi','address':'0xfee00000','data':'0x41'}");
            oracle.result("{'op':'reset'}");
            assertThat(oracle.result("{'op':'acknowledge','vcpu':0}")).isNull();
            assertThat(oracle.result("{'op':'msr-read','vcpu':0,'msr':'0x80f'}"))
                    .isEqualTo("0xff");
            assertThat(oracle.result("{'op':'msr-read','vcpu':0,'msr':'0x10'}")).isEqualTo("0x64");
        }
    }

    /** KVM since 5.15: a live auto-EOI SINT inhibits APICv, and its end lifts that. */
    @Test
    void acceleratedApicsAreInhibitedByAutoEoi() {
        try (OracleClient oracle = OracleClient.with("'acceleration':'apicv'")) {
            Map<String, Object> set = oracle.ask("{'op':'msr-write','vcpu':0,'msr':'0x40000093','value':'0x20053'}");
            assertThat(OracleClient.eventsOf(set).getFirst())
                    .containsEntry("reason", "HYPERV")
                    .containsEntry("set", true);
            Map<String, Object> cleared =
                    oracle.ask("{'op':'msr-write','vcpu':0,'msr':'0x40000093','value':'0x10000'}");
            assertThat(OracleClient.eventsOf(cleared).getFirst()).containsEntry("set", false);
        }
    }
}
