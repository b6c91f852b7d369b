// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

/** What a guest's processor does through the oracle: a rule or more for each op. */
class OracleGuestOperationsTest {
    private static final Map<String, Object> GP = Map.of("exception", "#GP", "errorCode", "0x0");
    private static final Map<String, Object> UD = Map.of("exception", "#UD");

    // ---- create

    /** SDM vol. 3A, 12.4.7.1: SVR is 0xFF after power-on; 12.4.4: the BSP bit of IA32_APIC_BASE. */
    @Test
    void createLeavesApicsAsPowerOnDoes() {
        try (OracleClient oracle = new OracleClient()) {
            assertThat(oracle.resultObject("{'op':'create','vcpus':2,'memory':'0x2000'}"))
                    .containsEntry("vcpus", 2)
                    .containsEntry("memory", "0x2000");
            assertThat(oracle.result("{'op':'mmio-read','vcpu':0,'gpa':'0xfee000f0'}"))
                    .isEqualTo("0xff");
            assertThat(oracle.result("{'op':'msr-read','vcpu':0,'msr':'0x1b'}")).isEqualTo("0xfee00900");
            assertThat(oracle.result("{'op':'msr-read','vcpu':1,'msr':'0x1b'}")).isEqualTo("0xfee00800");
        }
    }

    @Test
    void createTakesSparseIdsAndX2apicMode() {
        try (OracleClient oracle = OracleClient.with("'apicIds':[0,'0x12345'],'apicMode':'x2apic'")) {
            assertThat(oracle.result("{'op':'msr-read','vcpu':1,'msr':'0x802'}"))
                    .isEqualTo("0x12345");
            // SDM vol. 3A, 12.12.10.2: cluster in 31:16, bit of the id's low four in 15:0
            assertThat(oracle.result("{'op':'msr-read','vcpu':1,'msr':'0x80d'}"))
                    .isEqualTo("0x12340020");
            assertThat(oracle.result("{'op':'msr-read','vcpu':1,'msr':'0x80f'}"))
                    .isEqualTo("0x1ff");
        }
    }

    @Test
    void withoutX2apicItsModeCannotBeEntered() {
        try (OracleClient oracle = OracleClient.with("'apicMode':'xapic-only'")) {
            assertThat(oracle.fault("{'op':'msr-write','vcpu':0,'msr':'0x1b','value':'0xfee00d00'}"))
                    .isEqualTo(GP);
        }
    }

    @Test
    void onlyTheNamedEventsAreTold() {
        try (OracleClient oracle = OracleClient.with("'events':['kvm_eoi']")) {
            assertThat(oracle.events("{'op':'msi','address':'0xfee00000','data':'0x41'}"))
                    .isEmpty();
            assertThat(oracle.events("{'op':'acknowledge','vcpu':0}")).isEmpty();
            assertThat(oracle.events("{'op':'eoi','vcpu':0}")).containsExactly("kvm_eoi");
        }
    }

    /** SDM vol. 3A, 12.12.1.2: #GP for reserved bits; KVM drops those of most registers. */
    @Test
    void reservedBitsFaultOrAreDroppedAsThePolicySays() {
        String write = "{'op':'msr-write','vcpu':0,'msr':'0x808','value':'0x100'}";
        try (OracleClient strict = OracleClient.with("'apicMode':'x2apic'");
                OracleClient kvm = OracleClient.with("'apicMode':'x2apic','reservedBits':'kvm'")) {
            assertThat(strict.fault(write)).isEqualTo(GP);
            assertThat(kvm.result(write)).isNull();
        }
    }

    // ---- msr-read, msr-write

    @Test
    void msrsOutsideTheFabricFault() {
        try (OracleClient oracle = OracleClient.with("")) {
            assertThat(oracle.fault("{'op':'msr-read','vcpu':0,'msr':'0xc0000080'}"))
                    .isEqualTo(GP);
            assertThat(oracle.fault("{'op':'msr-write','vcpu':0,'msr':'0x277','value':0}"))
                    .isEqualTo(GP);
            // An x2APIC register in xAPIC mode: SDM vol. 3A, 12.12.2.
            assertThat(oracle.fault("{'op':'msr-read','vcpu':0,'msr':'0x802'}")).isEqualTo(GP);
        }
    }

    @Test
    void aFaceThatIsNotThereHasNoMsrs() {
        try (OracleClient kvm = OracleClient.with("'face':'kvm'");
                OracleClient hyperv = OracleClient.with("'face':'hyperv'")) {
            assertThat(kvm.fault("{'op':'msr-read','vcpu':0,'msr':'0x40000002'}"))
                    .isEqualTo(GP);
            assertThat(kvm.result("{'op':'msr-read','vcpu':0,'msr':'0x4b564d05'}"))
                    .isEqualTo("0x1");
            assertThat(hyperv.result("{'op':'msr-read','vcpu':0,'msr':'0x40000002'}"))
                    .isEqualTo("0x0");
            assertThat(hyperv.fault("{'op':'msr-read','vcpu':0,'msr':'0x4b564d05'}"))
                    .isEqualTo(GP);
        }
    }

    /** SDM vol. 3B, 18.17.3: a write to the TSC moves TSC_ADJUST by the same amount. */
    @Test
    void theTscFollowsVirtualTimeAndWhatTheGuestAdds() {
        try (OracleClient oracle = OracleClient.with("'tscTicksPerNano':3")) {
            oracle.result("{'op':'advance','ns':100}");
            assertThat(oracle.result("{'op':'msr-read','vcpu':0,'msr':'0x10'}")).isEqualTo("0x12c");
            oracle.result("{'op':'msr-write','vcpu':0,'msr':'0x10','value':'0x100'}");
            assertThat(oracle.result("{'op':'msr-read','vcpu':0,'msr':'0x3b'}")).isEqualTo("0xffffffffffffffd4");
            oracle.result("{'op':'msr-write','vcpu':0,'msr':'0x3b','value':0}");
            assertThat(oracle.result("{'op':'msr-read','vcpu':0,'msr':'0x10'}")).isEqualTo("0x12c");
        }
    }

    @Test
    void aGuestsResetAndCrashAreEvents() {
        try (OracleClient oracle = OracleClient.with("")) {
            assertThat(oracle.events("{'op':'msr-write','vcpu':0,'msr':'0x40000003','value':1}"))
                    .containsExactly("guest_reset");
            assertThat(oracle.events("{'op':'msr-write','vcpu':0,'msr':'0x40000105','value':'0x8000000000000000'}"))
                    .containsExactly("guest_crash");
        }
    }

    // ---- mmio-read, mmio-write

    @Test
    void theIoApicStandsWhereAPcHasIt() {
        try (OracleClient oracle = OracleClient.with("")) {
            oracle.result("{'op':'mmio-write','vcpu':0,'gpa':'0xfec00000','value':1}");
            // 82093AA: 24 entries, version 0x11.
            assertThat(oracle.result("{'op':'mmio-read','vcpu':0,'gpa':'0xfec00010'}"))
                    .isEqualTo("0x170011");
        }
    }

    @Test
    void whereNothingIsAreAllOnes() {
        try (OracleClient oracle = OracleClient.with("")) {
            assertThat(oracle.result("{'op':'mmio-read','vcpu':0,'gpa':'0xfed00000','size':8}"))
                    .isEqualTo("0xffffffffffffffff");
            assertThat(oracle.result("{'op':'mmio-read','vcpu':0,'gpa':'0xfed00000','size':1}"))
                    .isEqualTo("0xff");
            assertThat(oracle.result("{'op':'mmio-write','vcpu':0,'gpa':'0xfed00000','value':1}"))
                    .isNull();
        }
    }

    /** 8259A data sheet: ICW1 to ICW4, then the mask; the vector is the base and the input. */
    @Test
    void portsReachThe8259PairWhoseInterruptIsTakenByItsOwnName() {
        try (OracleClient oracle = OracleClient.with("")) {
            for (String write :
                    List.of("32,'value':17", "33,'value':48", "33,'value':4", "33,'value':1", "33,'value':'0xfd'")) {
                oracle.result("{'op':'mmio-write','vcpu':0,'port':" + write + "}");
            }
            assertThat(oracle.result("{'op':'mmio-read','vcpu':0,'port':33}")).isEqualTo("0xfd");
            oracle.result("{'op':'line','gsi':1,'level':1}");
            assertThat(oracle.result("{'op':'acknowledge','vcpu':0,'source':'pic'}"))
                    .isNull();
            oracle.result("{'op':'mmio-write','vcpu':0,'gpa':'0xfee00350','value':'0x700'}");
            assertThat(oracle.result("{'op':'acknowledge','vcpu':0,'source':'pic'}"))
                    .isEqualTo("0x31");
            assertThat(oracle.result("{'op':'mmio-read','vcpu':0,'port':128}")).isEqualTo("0xff");
        }
    }

    // ---- mem-read, mem-write

    @Test
    void memoryHoldsNumbersLittleEndianAndBytesInOrder() {
        try (OracleClient oracle = OracleClient.with("")) {
            oracle.result("{'op':'mem-write','gpa':'0x1000','value':'0x11223344'}");
            oracle.result("{'op':'mem-write','gpa':'0x1004','data':'aaBB'}");
            assertThat(oracle.result("{'op':'mem-read','gpa':'0x1000','length':6}"))
                    .isEqualTo("44332211aabb");
            assertThat(oracle.result("{'op':'mem-read','gpa':'0x1001','size':2}"))
                    .isEqualTo("0x2233");
        }
    }

    // ---- hypercall

    @Test
    void aHypercallIsKvmsUntilTheGuestHasAnnouncedItselfToHyperv() {
        try (OracleClient oracle = OracleClient.with("'vcpus':2")) {
            // KVM_HC_SEND_IPI; Linux, hypercalls.rst
            assertThat(oracle.resultObject("{'op':'hypercall','vcpu':0,'rax':10,'rbx':3,'rsi':'0x45'}"))
                    .containsEntry("rax", "0x2");
            oracle.result("{'op':'msr-write','vcpu':0,'msr':'0x40000000','value':'0x8100000000000000'}");
            // HvCallSendSyntheticClusterIpi, fast: vector, processor mask; TLFS
            assertThat(oracle.resultObject("{'op':'hypercall','vcpu':0,'rcx':'0x1000b','rdx':'0x46','r8':2}"))
                    .containsEntry("rax", "0x0");
            assertThat(oracle.result("{'op':'acknowledge','vcpu':1}")).isEqualTo("0x46");
        }
    }

    @Test
    void aHypercallWithoutAnInterfaceIsUndefined() {
        try (OracleClient none = OracleClient.with("'face':'none'");
                OracleClient hyperv = OracleClient.with("'face':'hyperv'")) {
            assertThat(none.fault("{'op':'hypercall','vcpu':0,'rax':10}")).isEqualTo(UD);
            assertThat(hyperv.fault("{'op':'hypercall','vcpu':0}")).isEqualTo(UD);
            hyperv.result("{'op':'msr-write','vcpu':0,'msr':'0x40000000','value':1}");
            assertThat(hyperv.fault("{'op':'hypercall','vcpu':0,'cpl':3}")).isEqualTo(UD);
        }
    }

    /** TLFS, "XMM Fast Hypercall Output": the results of HvExtCallQueryCapabilities follow its parameters, of which there are none. */
    @Test
    void resultsInRegistersComeBack() {
        try (OracleClient oracle = OracleClient.with("'face':'hyperv'")) {
            oracle.result("{'op':'msr-write','vcpu':0,'msr':'0x40000000','value':1}");
            assertThat(oracle.resultObject("{'op':'hypercall','vcpu':0,'rcx':'0x18001','rdx':77,'xmm':[1,2]}"))
                    .containsEntry("rax", "0x0")
                    .containsEntry("rdx", "0x0")
                    .containsEntry("again", false)
                    .extractingByKey("xmm", InstanceOfAssertFactories.LIST)
                    .startsWith("0x1", "0x2")
                    .hasSize(12);
        }
    }

    /** A caller in 32-bit mode has the number in EAX and results of 32 bits; -EPERM where its CPL is not 0. */
    @Test
    void callersOf32BitsHaveRegistersOf32Bits() {
        try (OracleClient oracle = OracleClient.with("'vcpus':2,'face':'kvm'")) {
            assertThat(oracle.resultObject(
                            "{'op':'hypercall','vcpu':0,'longMode':false,'rax':'0xff0000000a','rbx':3,'rsi':64}"))
                    .containsEntry("rax", "0x2");
            assertThat(oracle.resultObject("{'op':'hypercall','vcpu':0,'longMode':false,'cpl':3,'rax':10}"))
                    .containsEntry("rax", "0xffffffff");
        }
    }

    @Test
    void aKickIsSeenByTheKickedProcessorOnce() {
        try (OracleClient oracle = OracleClient.with("'vcpus':2,'face':'kvm'")) {
            oracle.result("{'op':'hypercall','vcpu':0,'rax':5,'rcx':1}");
            assertThat(oracle.result("{'op':'acknowledge','vcpu':1,'source':'kick'}"))
                    .isEqualTo(true);
            assertThat(oracle.result("{'op':'acknowledge','vcpu':1,'source':'kick'}"))
                    .isEqualTo(false);
        }
    }

    // ---- acknowledge, eoi

    @Test
    void theHighestVectorIsTakenFirstAndEndedFirst() {
        try (OracleClient oracle = OracleClient.with("")) {
            oracle.result("{'op':'msi','address':'0xfee00000','data':'0x41'}");
            assertThat(oracle.result("{'op':'acknowledge','vcpu':0}")).isEqualTo("0x41");
            oracle.result("{'op':'msi','address':'0xfee00000','data':'0x42'}");
            assertThat(oracle.result("{'op':'acknowledge','vcpu':0}")).isNull();
            oracle.result("{'op':'msi','address':'0xfee00000','data':'0x52'}");
            assertThat(oracle.result("{'op':'acknowledge','vcpu':0}")).isEqualTo("0x52");
            assertThat(oracle.result("{'op':'eoi','vcpu':0}")).isEqualTo("0x52");
            assertThat(oracle.result("{'op':'eoi','vcpu':0}")).isEqualTo("0x41");
            assertThat(oracle.result("{'op':'eoi','vcpu':0}")).isNull();
        }
    }

    /** SDM vol. 3A, 12.4.7.3 and 10.4.4: INIT, then a start-up vector. */
    @Test
    void initAndSipiAreTakenInTheirOrder() {
        try (OracleClient oracle = OracleClient.with("'vcpus':2,'apicMode':'x2apic'")) {
            oracle.result("{'op':'msr-write','vcpu':0,'msr':'0x830','value':'0x100004500'}");
            oracle.result("{'op':'msr-write','vcpu':0,'msr':'0x830','value':'0x100004608'}");
            assertThat(oracle.result("{'op':'acknowledge','vcpu':1,'source':'sipi'}"))
                    .isNull();
            assertThat(oracle.result("{'op':'acknowledge','vcpu':1,'source':'init'}"))
                    .isEqualTo(true);
            assertThat(oracle.result("{'op':'acknowledge','vcpu':1,'source':'init'}"))
                    .isEqualTo(false);
            assertThat(oracle.ask("{'op':'acknowledge','vcpu':1,'source':'sipi'}")
                            .toString())
                    .contains("0x8", "vcpu_start");
            assertThat(oracle.result("{'op':'msr-read','vcpu':1,'msr':'0x80f'}"))
                    .isEqualTo("0xff");
        }
    }

    /** SDM vol. 3A, 7.7.1: NMIs are blocked until IRET, and one is latched. */
    @Test
    void nmisAreBlockedUntilTheHandlerReturns() {
        try (OracleClient oracle = OracleClient.with("")) {
            oracle.result("{'op':'msi','address':'0xfee00000','data':'0x400'}");
            assertThat(oracle.events("{'op':'acknowledge','vcpu':0,'source':'nmi'}"))
                    .containsExactly("kvm_inj_nmi");
            oracle.result("{'op':'msi','address':'0xfee00000','data':'0x400'}");
            assertThat(oracle.result("{'op':'acknowledge','vcpu':0,'source':'nmi'}"))
                    .isEqualTo(false);
            oracle.result("{'op':'eoi','vcpu':0,'source':'nmi'}");
            assertThat(oracle.result("{'op':'acknowledge','vcpu':0,'source':'nmi'}"))
                    .isEqualTo(true);
        }
    }

    /** TLFS, "EOI Assist": the guest clears the bit, and the interrupt is ended without an exit. */
    @Test
    void betweenRequestsTheGuestMayEndAnInterruptInMemory() {
        try (OracleClient oracle = OracleClient.with("")) {
            oracle.result("{'op':'msr-write','vcpu':0,'msr':'0x40000073','value':'0x3001'}");
            oracle.result("{'op':'msi','address':'0xfee00000','data':'0x41'}");
            oracle.result("{'op':'acknowledge','vcpu':0}");
            assertThat(oracle.result("{'op':'mem-read','gpa':'0x3000'}")).isEqualTo("0x1");
            oracle.result("{'op':'mem-write','gpa':'0x3000','value':0}");
            assertThat(oracle.events("{'op':'eoi','vcpu':0}")).containsExactly("kvm_eoi", "kvm_pv_eoi", "kvm_eoi");
            assertThat(oracle.result("{'op':'mem-read','gpa':'0x3000'}")).isEqualTo("0x0");
        }
    }
}
