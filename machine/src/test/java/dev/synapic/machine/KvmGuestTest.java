// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.machine.RecordedTrace.Event;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.exits.HardwareProfile;
import dev.synapic.machine.exits.HardwareProfiles;
import dev.synapic.machine.trace.TraceEvent;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** KVM's side as guests of a few instructions find it in a machine (Linux, Documentation/virt/kvm/x86). */
class KvmGuestTest {
    private static final MachineConfig MACHINE = MachineConfig.standard();
    private static final int DONE = status(1);
    private static final long PAGE = InterruptedGuest.PAGE;

    private static final String KICK_SELF = """
        b8 05 00 00 00 ; mov eax, KVM_HC_KICK_CPU
        31 db          ; xor ebx, ebx
        31 c9          ; xor ecx, ecx
        0f 01 c1       ; vmcall
        """;

    /** What isa-debug-exit makes of a byte. */
    private static int status(int value) {
        return value << 1 | 1;
    }

    private static MachineConfig cpu(String flags) {
        return MACHINE.withCpu(CpuModel.parse("max" + flags, "kvm"));
    }

    private static MachineConfig profile(String name) {
        return MACHINE.withProfile(HardwareProfiles.load().get(name));
    }

    private static RunResult run(String listing, MachineConfig config) {
        try (InterruptedGuest guest = new InterruptedGuest(listing, config)) {
            return guest.run();
        }
    }

    // ---- kick -------------------------------------------------------------------------------------------------------

    /** KVM, pv_unhalted: a kick that comes before the HLT is remembered, for one HLT. */
    @Test
    void aKickBeforeTheHltEndsItAtOnceAndOnlyOnce() {
        String out = "b0 01 e6 f4 ; mov al, 1; out 0xf4, al\n";
        assertThat(run(KICK_SELF + "f4 ; hlt\n" + out, MACHINE).guestStatus()).isEqualTo(DONE);
        assertThat(run(KICK_SELF + "f4 f4 ; hlt; hlt\n" + out, MACHINE).outcome())
                .isEqualTo(RunResult.Outcome.DEADLOCK);
        assertThat(run("f4 ; hlt\n" + out, MACHINE).outcome()).isEqualTo(RunResult.Outcome.DEADLOCK);
    }

    /** The second processor halts with interrupts off: only an NMI, INIT or a kick gets it out. */
    @Test
    void aKickWakesAHaltedProcessorWhenTheSendersExitReachesTheHypervisor() {
        String listing = """
            c7 05 10 03 e0 fe 00 00 00 01 ; mov dword [0xfee00310], 1 << 24
            c7 05 00 03 e0 fe 00 45 00 00 ; mov dword [0xfee00300], INIT
            c7 05 00 03 e0 fe 08 46 00 00 ; mov dword [0xfee00300], SIPI at 0x8000
            bb 00 00 10 00                ; mov ebx, 0x100000
            4b                            ; dec ebx
            75 fd                         ; jnz -3
            b8 05 00 00 00                ; mov eax, KVM_HC_KICK_CPU
            b9 01 00 00 00                ; mov ecx, 1
            0f 01 c1                      ; vmcall
            f4                            ; hlt
            """;
        RecordedTrace trace = new RecordedTrace();
        MachineConfig config = MACHINE.withVcpus(2).withTrace(trace);
        HardwareProfile hardware = config.profile();
        try (InterruptedGuest guest = new InterruptedGuest(listing, config)) {
            // cli; hlt; mov al, 1; out 0xf4, al
            guest.machine().memory().putBytes(0x8000, HexFormat.of().parseHex("faf4b001e6f4"));
            assertThat(guest.run().guestStatus())
                    .as(guest.machine().stateDump())
                    .isEqualTo(DONE);
        }
        Event call = trace.events(TraceEvent.KVM_EXIT).stream()
                .filter(e -> e.a() == ExitReason.VMCALL.ordinal())
                .findFirst()
                .orElseThrow();
        Event arrival = trace.events(TraceEvent.KVM_APIC_ACCEPT_IRQ).stream()
                .filter(e -> e.vcpu() == 1 && e.a() == 0x300)
                .findFirst()
                .orElseThrow();
        Event entry = trace.events(TraceEvent.KVM_ENTRY).stream()
                .filter(e -> e.vcpu() == 1 && e.ps() >= arrival.ps())
                .findFirst()
                .orElseThrow();
        assertThat(arrival.ps()).isEqualTo(call.ps() + hardware.exitToHostPs());
        assertThat(entry.ps()).isEqualTo(arrival.ps() + hardware.wakeUpPs() + hardware.entryPs());
    }

    // ---- PV EOI -----------------------------------------------------------------------------------------------------

    /** Two interrupts that the handler ends by BTR alone, as Linux's guest does. */
    @ParameterizedTest
    @CsvSource({"skylake-no-apicv, 2", "skylake-apicv, 0"})
    void anInterruptIsEndedByABitWhereTheEoiWouldExit(String profile, int lazily) {
        String listing = """
            b9 04 4d 56 4b                ; mov ecx, MSR_KVM_PV_EOI_EN
            b8 01 00 19 00                ; mov eax, 0x190001
            31 d2                         ; xor edx, edx
            0f 30                         ; wrmsr
            fb                            ; sti
            c7 05 00 03 e0 fe 41 40 04 00 ; mov dword [0xfee00300], self, 0x41
            90                            ; nop
            c7 05 00 03 e0 fe 41 40 04 00 ; mov dword [0xfee00300], self, 0x41
            90                            ; nop
            b0 01                         ; mov al, 1
            e6 f4                         ; out 0xf4, al
            """;
        String handler = """
            ff 05 10 00 19 00             ; inc dword [0x190010]
            0f ba 35 00 00 19 00 00       ; btr dword [0x190000], 0
            72 0a                         ; jc +10
            c7 05 b0 00 e0 fe 00 00 00 00 ; mov dword [0xfee000b0], 0
            cf                            ; iret
            """;
        RecordedTrace trace = new RecordedTrace();
        MachineConfig config = profile(profile).withTrace(trace);
        try (InterruptedGuest guest = new InterruptedGuest(listing, config).handler(0x41, handler)) {
            assertThat(guest.run().guestStatus())
                    .as(guest.machine().stateDump())
                    .isEqualTo(DONE);
            assertThat(guest.machine().memory().getInt(PAGE + 16))
                    .as("interrupts")
                    .isEqualTo(2);
        }
        assertThat(trace.count(TraceEvent.KVM_PV_EOI)).isEqualTo(lazily);
        assertThat(trace.count(TraceEvent.KVM_EOI))
                .as("each interrupt ends once")
                .isEqualTo(2);
    }

    /**
     * Linux msr.rst, MSR_KVM_EOI_EN: the hypervisor need not offer the bit. It does not where somebody waits for the EOI: for the vector of
     * a SINT, and for that of an entry of the I/O APIC, even if it came as an edge.
     */
    @ParameterizedTest
    @CsvSource({
        "41, c7 05 00 03 e0 fe 41 40 04 00, 1", // mov dword [0xfee00300], self, 0x41
        "51, c7 05 00 03 e0 fe 51 40 04 00, 0", // mov dword [0xfee00300], self, 0x51: pin 5's vector
        "61, ba 00 30 00 00 b8 02 00 03 00 ef, 0" // mov edx, 0x3000; mov eax, raise SINT 2 of VP 0; out dx, eax
    })
    void theEoiThatSomebodyWaitsForIsNotALazyOne(String vector, String raise, int lazily) {
        String listing = """
            b9 04 4d 56 4b                ; mov ecx, MSR_KVM_PV_EOI_EN
            b8 01 00 19 00                ; mov eax, 0x190001
            31 d2                         ; xor edx, edx
            0f 30                         ; wrmsr
            b9 80 00 00 40                ; mov ecx, HV_X64_MSR_SCONTROL
            b8 01 00 00 00                ; mov eax, 1
            0f 30                         ; wrmsr
            b9 92 00 00 40                ; mov ecx, HV_X64_MSR_SINT2
            b8 61 00 00 00                ; mov eax, vector 0x61
            0f 30                         ; wrmsr
            ba 00 30 00 00                ; mov edx, 0x3000
            b8 02 00 01 00                ; mov eax, create route to SINT 2 of VP 0
            ef                            ; out dx, eax
            c7 05 00 00 c0 fe 1a 00 00 00 ; mov dword [0xfec00000], pin 5
            c7 05 10 00 c0 fe 51 80 00 00 ; mov dword [0xfec00010], level, 0x51
            fb                            ; sti
            %s
            90                            ; nop
            b0 01                         ; mov al, 1
            e6 f4                         ; out 0xf4, al
            """.formatted(raise);
        String handler = """
            0f ba 35 00 00 19 00 00       ; btr dword [0x190000], 0
            72 0a                         ; jc +10
            c7 05 b0 00 e0 fe 00 00 00 00 ; mov dword [0xfee000b0], 0
            cf                            ; iret
            """;
        RecordedTrace trace = new RecordedTrace();
        MachineConfig config = profile("skylake-no-apicv")
                .withCpu(CpuModel.max("all"))
                .withPc(PcConfig.standard().with(PcDevice.HYPERV_TESTDEV))
                .withTrace(trace);
        int number = Integer.parseInt(vector, 16);
        try (InterruptedGuest guest = new InterruptedGuest(listing, config).handler(number, handler)) {
            assertThat(guest.run().guestStatus())
                    .as(guest.machine().stateDump())
                    .isEqualTo(DONE);
        }
        assertThat(trace.count(TraceEvent.KVM_PV_EOI)).as("lazy ones").isEqualTo(lazily);
        assertThat(trace.events(TraceEvent.KVM_EOI)).extracting(Event::a).containsExactly((long) number);
        assertThat(trace.count(event -> event.kind() == TraceEvent.KVM_HV_NOTIFY_ACKED_SINT && event.a() == 2))
                .as("the SINT hears its EOI")
                .isEqualTo(number == 0x61 ? 1 : 0);
    }

    // ---- time -------------------------------------------------------------------------------------------------------

    /** A write of the TSC moves the structure's timestamp by what it moves the TSC. */
    @Test
    void kvmclockFollowsTheTsc() {
        String listing = """
            b9 01 4d 56 4b ; mov ecx, MSR_KVM_SYSTEM_TIME_NEW
            b8 01 00 19 00 ; mov eax, 0x190001
            31 d2          ; xor edx, edx
            0f 30          ; wrmsr
            b9 00 4d 56 4b ; mov ecx, MSR_KVM_WALL_CLOCK_NEW
            b8 40 00 19 00 ; mov eax, 0x190040
            0f 30          ; wrmsr
            b9 3b 00 00 00 ; mov ecx, IA32_TSC_ADJUST
            b8 00 10 00 00 ; mov eax, 0x1000
            0f 30          ; wrmsr
            b0 01          ; mov al, 1
            e6 f4          ; out 0xf4, al
            """;
        RecordedTrace trace = new RecordedTrace();
        try (InterruptedGuest guest = new InterruptedGuest(listing, MACHINE.withTrace(trace))) {
            assertThat(guest.run().guestStatus()).isEqualTo(DONE);
            GuestMemory ram = guest.machine().memory();
            assertThat(ram.getInt(PAGE)).as("version").isEqualTo(4);
            assertThat(ram.getLong(PAGE + 8)).as("tsc_timestamp").isEqualTo(0x1000);
            assertThat(ram.getByte(PAGE + 29)).as("flags: TSC_STABLE").isEqualTo((byte) 1);
            assertThat(ram.getInt(PAGE + 0x44)).as("sec").isEqualTo((int)
                    PcConfig.standard().epochSeconds());
        }
        assertThat(trace.events(TraceEvent.KVM_PVCLOCK_UPDATE))
                .extracting(Event::a, Event::b)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(2L << 8 | 1, 0L),
                        org.assertj.core.groups.Tuple.tuple(4L << 8 | 1, 0x1000L));
    }

    /** From its wake-up to running again a processor is ready and does not run; being halted is not stolen. */
    @Test
    void theWakeUpIsStolenTime() {
        String listing = """
            b9 03 4d 56 4b                ; mov ecx, MSR_KVM_STEAL_TIME
            b8 01 00 19 00                ; mov eax, 0x190001
            31 d2                         ; xor edx, edx
            0f 30                         ; wrmsr
            c7 05 20 03 e0 fe 41 00 00 00 ; mov dword [0xfee00320], one-shot, 0x41
            c7 05 80 03 e0 fe 00 00 10 00 ; mov dword [0xfee00380], 0x100000
            fb                            ; sti
            f4                            ; hlt
            """;
        try (InterruptedGuest guest = new InterruptedGuest(listing, MACHINE).handler(0x41, "b0 01 e6 f4")) {
            assertThat(guest.run().guestStatus()).isEqualTo(DONE);
            assertThat(guest.machine().memory().getLong(PAGE))
                    .isEqualTo(MACHINE.profile().wakeUpPs() / 1000)
                    .isPositive();
        }
    }

    // ---- features ---------------------------------------------------------------------------------------------------

    /** KVM_CAP_ENFORCE_PV_FEATURE_CPUID; off by default, as in KVM. */
    @ParameterizedTest
    @CsvSource({
        "'', 0",
        "',-kvm-pv-unhalt', 0",
        "',+kvm-pv-enforce-cpuid', 0",
        "',-kvm-pv-unhalt,+kvm-pv-enforce-cpuid', 24"
    })
    void aCallNeedsItsFeatureOnlyWhereThatIsEnforced(String flags, int al) {
        // -1000 ends in the byte 0x18
        assertThat(run(KICK_SELF + "e6 f4 ; out 0xf4, al\n", cpu(flags)).guestStatus())
                .isEqualTo(status(al));
    }

    @ParameterizedTest
    @CsvSource({"'', 1", "',-kvm-steal-time,+kvm-pv-enforce-cpuid', 13"})
    void aRegisterNeedsItsFeatureOnlyWhereThatIsEnforced(String flags, int al) {
        String listing = """
            b9 03 4d 56 4b ; mov ecx, MSR_KVM_STEAL_TIME
            0f 32          ; rdmsr
            b0 01          ; mov al, 1
            e6 f4          ; out 0xf4, al
            """;
        try (InterruptedGuest guest = new InterruptedGuest(listing, cpu(flags)).handler(13, "b0 0d e6 f4")) {
            assertThat(guest.run().guestStatus()).isEqualTo(status(al));
        }
    }

    // ---- beside Hyper-V ---------------------------------------------------------------------------------------------

    private static final String ANNOUNCE = """
        b9 00 00 00 40 ; mov ecx, HV_X64_MSR_GUEST_OS_ID
        b8 01 00 00 00 ; mov eax, 1
        31 d2          ; xor edx, edx
        0f 30          ; wrmsr
        b9 01 00 00 40 ; mov ecx, HV_X64_MSR_HYPERCALL
        b8 01 00 19 00 ; mov eax, 0x190001
        0f 30          ; wrmsr
        """;

    /** 1 is KVM_HC_VAPIC_POLL_IRQ, which gives 0, and a code that Hyper-V's side does not have, which gives 2. */
    private static final String CALL_1 = """
        b8 01 00 00 00 ; mov eax, 1
        31 d2          ; xor edx, edx
        0f 01 c1       ; vmcall
        e6 f4          ; out 0xf4, al
        """;

    @ParameterizedTest
    @CsvSource({"all, 2", "hyperv, 2"})
    void aProcessorWithBothFacesSpeaksHypervOnceTheGuestHasAnnouncedItself(String hypervisor, int al) {
        MachineConfig config = MACHINE.withCpu(CpuModel.max(hypervisor));
        assertThat(run(ANNOUNCE + CALL_1, config).guestStatus()).isEqualTo(status(al));
    }

    @ParameterizedTest
    @ValueSource(strings = {"all", "kvm"})
    void untilThenItSpeaksKvm(String hypervisor) {
        assertThat(run(CALL_1, MACHINE.withCpu(CpuModel.max(hypervisor))).guestStatus())
                .isEqualTo(status(0));
    }

    /** VP assist page at 0x192000, then PV EOI at 0x190000: the bit appears in the latter. */
    @Test
    void ofTwoWaysToEndInterruptsLazilyTheOneEnabledLastIsInForce() {
        String assist = """
            b9 73 00 00 40 ; mov ecx, HV_X64_MSR_VP_ASSIST_PAGE
            b8 01 20 19 00 ; mov eax, 0x192001
            31 d2          ; xor edx, edx
            0f 30          ; wrmsr
            """;
        String pvEoi = """
            b9 04 4d 56 4b ; mov ecx, MSR_KVM_PV_EOI_EN
            b8 01 00 19 00 ; mov eax, 0x190001
            31 d2          ; xor edx, edx
            0f 30          ; wrmsr
            """;
        String interrupt = """
            fb                            ; sti
            c7 05 00 03 e0 fe 41 40 04 00 ; mov dword [0xfee00300], self, 0x41
            90                            ; nop
            """;
        String handler = """
            a1 00 00 19 00 ; mov eax, [0x190000]
            8b 1d 00 20 19 00 ; mov ebx, [0x192000]
            d1 e3          ; shl ebx, 1
            09 d8          ; or eax, ebx
            e6 f4          ; out 0xf4, al
            """;
        assertThat(lazyWord(assist + pvEoi + interrupt, handler)).isEqualTo(status(1));
        assertThat(lazyWord(pvEoi + assist + interrupt, handler)).isEqualTo(status(2));
    }

    private static int lazyWord(String listing, String handler) {
        try (InterruptedGuest guest =
                new InterruptedGuest(listing, profile("skylake-no-apicv")).handler(0x41, handler)) {
            return guest.run().guestStatus();
        }
    }
}
