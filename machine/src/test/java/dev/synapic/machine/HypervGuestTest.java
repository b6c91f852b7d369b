// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.exits.HardwareProfiles;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hyper-V's side as guests of a few instructions find it in a machine. */
class HypervGuestTest {
    private static final MachineConfig MACHINE =
            MachineConfig.standard().withPc(PcConfig.standard().with(PcDevice.HYPERV_TESTDEV));
    private static final int DONE = 1;

    private static MachineConfig cpu(String flags) {
        return MACHINE.withCpu(CpuModel.parse("max," + flags, "hyperv"));
    }

    private static RunResult run(String listing, MachineConfig config) {
        try (InterruptedGuest guest = new InterruptedGuest(listing, config)) {
            return guest.run();
        }
    }

    /** A direct timer, 1 ms ahead; the handler's status is 1 where the reference counter has reached the count. */
    @Test
    void syntheticTimerWakesAHaltedProcessorAtItsTime() {
        String listing = """
            b9 b0 00 00 40 ; mov ecx, HV_X64_MSR_STIMER0_CONFIG
            b8 38 1f 00 00 ; mov eax, auto-enable, direct, vector 0xf3
            31 d2          ; xor edx, edx
            0f 30          ; wrmsr
            b9 20 00 00 40 ; mov ecx, HV_X64_MSR_TIME_REF_COUNT
            0f 32          ; rdmsr
            05 10 27 00 00 ; add eax, 10000
            89 c3          ; mov ebx, eax
            b9 b1 00 00 40 ; mov ecx, HV_X64_MSR_STIMER0_COUNT
            0f 30          ; wrmsr
            fb             ; sti
            f4             ; hlt
            f4             ; hlt
            """;
        String handler = """
            b9 20 00 00 40 ; mov ecx, HV_X64_MSR_TIME_REF_COUNT
            0f 32          ; rdmsr
            39 d8          ; cmp eax, ebx
            0f 92 c0       ; setb al
            e6 f4          ; out 0xf4, al
            """;
        try (InterruptedGuest guest = new InterruptedGuest(listing, MACHINE).handler(0xF3, handler)) {
            assertThat(guest.run())
                    .as(guest.machine().stateDump())
                    .extracting(RunResult::guestStatus)
                    .isEqualTo(DONE);
            assertThat(guest.machine().nowPs()).isBetween(1_000_000_000L, 1_050_000_000L);
            assertThat(guest.machine().exitCounters().countOf(ExitReason.HLT)).isEqualTo(1);
        }
    }

    /**
     * Two auto-EOI interrupts wait for STI. No EOI tells that the first one is over, and yet the second one must not wait until
     * something else happens: nothing else will.
     */
    @ParameterizedTest
    @ValueSource(strings = {"skylake-apicv", "skylake-no-apicv", "avic"})
    void interruptBehindAnAutoEoiOneIsTakenAtOnce(String profile) {
        String listing = """
            b9 83 00 00 40 ; mov ecx, HV_X64_MSR_SIMP
            b8 01 00 19 00 ; mov eax, 0x190001
            31 d2          ; xor edx, edx
            0f 30          ; wrmsr
            b9 80 00 00 40 ; mov ecx, HV_X64_MSR_SCONTROL
            b8 01 00 00 00 ; mov eax, 1
            0f 30          ; wrmsr
            b9 92 00 00 40 ; mov ecx, HV_X64_MSR_SINT2
            b8 61 00 02 00 ; mov eax, auto-EOI, vector 0x61
            0f 30          ; wrmsr
            41             ; inc ecx
            b8 71 00 02 00 ; mov eax, auto-EOI, vector 0x71
            0f 30          ; wrmsr
            ba 00 30 00 00 ; mov edx, 0x3000
            b8 02 00 01 00 ; mov eax, create route to SINT 2 of VP 0
            ef             ; out dx, eax
            40             ; inc eax
            ef             ; out dx, eax
            b8 02 00 03 00 ; mov eax, raise it
            ef             ; out dx, eax
            40             ; inc eax
            ef             ; out dx, eax
            31 db          ; xor ebx, ebx
            fb             ; sti
            f4             ; again: hlt
            83 fb 02       ; cmp ebx, 2
            72 fa          ; jb again
            b0 00          ; mov al, 0
            e6 f4          ; out 0xf4, al
            """;
        String count = "43 cf ; inc ebx, iret";
        MachineConfig config = MACHINE.withProfile(HardwareProfiles.load().get(profile));
        try (InterruptedGuest guest =
                new InterruptedGuest(listing, config).handler(0x61, count).handler(0x71, count)) {
            assertThat(guest.run().guestStatus()).isEqualTo(DONE);
        }
    }

    /** Three self-IPIs whose handler ends them by the bit where it may; the ISR must be empty in the end. */
    @Test
    void assistPageSavesTheExitOfTheEoi() {
        String listing = """
            b9 73 00 00 40                ; mov ecx, HV_X64_MSR_VP_ASSIST_PAGE
            b8 01 00 19 00                ; mov eax, 0x190001
            31 d2                         ; xor edx, edx
            0f 30                         ; wrmsr
            bd 03 00 00 00                ; mov ebp, 3
            fb                            ; sti
            c7 05 00 03 e0 fe 51 40 04 00 ; again: mov dword [0xfee00300], self-IPI of 0x51
            90                            ; nop
            4d                            ; dec ebp
            75 f2                         ; jnz again
            a1 20 01 e0 fe                ; mov eax, [0xfee00120]: vectors 64 to 95 in service
            85 c0                         ; test eax, eax
            0f 95 c0                      ; setnz al
            e6 f4                         ; out 0xf4, al
            """;
        String handler = """
            46                            ; inc esi
            0f ba 35 00 00 19 00 00       ; btr dword [0x190000], 0
            72 0a                         ; jc +10
            c7 05 b0 00 e0 fe 00 00 00 00 ; mov dword [0xfee000b0], 0
            cf                            ; iret
            """;
        MachineConfig config = MACHINE.withProfile(HardwareProfiles.load().get("skylake-no-apicv"));
        try (InterruptedGuest guest = new InterruptedGuest(listing, config).handler(0x51, handler)) {
            assertThat(guest.run().guestStatus()).isEqualTo(DONE);
            assertThat(guest.machine().vcpus().getFirst().cpu().gpr[6])
                    .as("ESI")
                    .isEqualTo(3);
            assertThat(guest.machine().exitCounters().countOf(ExitReason.APIC_ACCESS))
                    .as("SVR, three times ICR, ISR, and no EOI")
                    .isEqualTo(5);
        }
    }

    /** A page is mapped anew; the hypercall makes the processor see it. */
    @Test
    void flushHypercallDropsATranslation() {
        String listing = """
            bf 00 00 1a 00                ; mov edi, 0x1a0000: the page directory
            b8 83 00 00 00                ; mov eax, 4 MiB at 0
            89 07                         ; mov [edi], eax
            c7 47 08 03 10 1a 00          ; mov dword [edi + 8], page table at 0x1a1000
            c7 05 00 10 1a 00 03 00 19 00 ; mov dword [0x1a1000], page at 0x190000
            0f 22 df                      ; mov cr3, edi
            0f 20 e0                      ; mov eax, cr4
            83 c8 10                      ; or eax, PSE
            0f 22 e0                      ; mov cr4, eax
            0f 20 c0                      ; mov eax, cr0
            0d 00 00 00 80                ; or eax, PG
            0f 22 c0                      ; mov cr0, eax
            8b 2d 00 00 80 00             ; mov ebp, [0x800000]
            c7 05 00 10 1a 00 03 10 19 00 ; mov dword [0x1a1000], page at 0x191000
            b9 00 00 00 40                ; mov ecx, HV_X64_MSR_GUEST_OS_ID
            b8 01 00 00 00                ; mov eax, 1
            31 d2                         ; xor edx, edx
            0f 30                         ; wrmsr
            c7 05 08 20 19 00 03 00 00 00 ; mov dword [0x192008], all processors, all spaces
            c7 05 18 20 19 00 00 00 80 00 ; mov dword [0x192018], range 0x800000
            ba 01 00 00 00                ; mov edx, 1 rep
            b8 03 00 00 00                ; mov eax, HvCallFlushVirtualAddressList
            31 db                         ; xor ebx, ebx
            b9 00 20 19 00                ; mov ecx, 0x192000
            31 ff                         ; xor edi, edi
            31 f6                         ; xor esi, esi
            0f 01 c1                      ; vmcall
            8b 1d 00 00 80 00             ; mov ebx, [0x800000]
            29 eb                         ; sub ebx, ebp
            83 eb 01                      ; sub ebx, 1
            09 d8                         ; or eax, ebx
            83 ea 01                      ; sub edx, 1: reps completed
            09 d0                         ; or eax, edx
            0f 95 c0                      ; setnz al
            e6 f4                         ; out 0xf4, al
            """;
        try (InterruptedGuest guest = new InterruptedGuest(listing, MACHINE)) {
            guest.machine().memory().putInt(InterruptedGuest.PAGE, 7);
            guest.machine().memory().putInt(InterruptedGuest.PAGE + 0x1000, 8);

            assertThat(guest.run().guestStatus()).isEqualTo(DONE);
        }
    }

    /** A fast HvCallSendSyntheticClusterIpiEx whose sparse set stands in XMM0, to the caller itself. */
    @Test
    void hypercallTakesItsParametersFromXmmRegisters() {
        String listing = """
            0f 20 e0             ; mov eax, cr4
            0d 00 02 00 00       ; or eax, OSFXSR
            0f 22 e0             ; mov cr4, eax
            b9 00 00 00 40       ; mov ecx, HV_X64_MSR_GUEST_OS_ID
            b8 01 00 00 00       ; mov eax, 1
            31 d2                ; xor edx, edx
            0f 30                ; wrmsr
            0f 10 05 00 00 19 00 ; movups xmm0, [0x190000]
            b8 15 00 03 00       ; mov eax, HvCallSendSyntheticClusterIpiEx, fast, one bank
            31 db                ; xor ebx, ebx
            b9 61 00 00 00       ; mov ecx, vector 0x61
            31 ff                ; xor edi, edi
            31 f6                ; xor esi, esi: sparse
            0f 01 c1             ; vmcall
            89 c5                ; mov ebp, eax
            fb                   ; sti
            f4                   ; hlt
            """;
        String handler = """
            85 ed    ; test ebp, ebp
            0f 95 c0 ; setnz al
            e6 f4    ; out 0xf4, al
            """;
        for (String flags : new String[] {"hv-passthrough", "+hv-enforce-cpuid", "-hv-xmm-input"}) {
            try (InterruptedGuest guest = new InterruptedGuest(listing, cpu(flags)).handler(0x61, handler)) {
                guest.machine().memory().putLong(InterruptedGuest.PAGE, 1);
                guest.machine().memory().putLong(InterruptedGuest.PAGE + 8, 1);

                assertThat(guest.run().guestStatus()).as(flags).isEqualTo(DONE);
            }
        }
        assertThat(run(listing, cpu("-hv-xmm-input,+hv-enforce-cpuid")).outcome())
                .as("#UD without a handler")
                .isEqualTo(RunResult.Outcome.TRIPLE_FAULT);
    }

    /** TLFS, "Legal Hypercall Environments": ring 0 only; without a stack for ring 0 the #UD is the guest's end. */
    @Test
    void programsMakeNoHypercalls() {
        String listing = """
            b9 00 00 00 40                ; mov ecx, HV_X64_MSR_GUEST_OS_ID
            b8 01 00 00 00                ; mov eax, 1
            31 d2                         ; xor edx, edx
            0f 30                         ; wrmsr
            c7 05 18 01 18 00 ff ff 00 00 ; mov dword [0x180118], a code segment of ring 3
            c7 05 1c 01 18 00 00 fb cf 00 ; mov dword [0x18011c], its upper half
            c7 05 20 01 18 00 ff ff 00 00 ; mov dword [0x180120], a data segment of ring 3
            c7 05 24 01 18 00 00 f3 cf 00 ; mov dword [0x180124], its upper half
            66 c7 05 00 00 18 00 27 00    ; mov word [0x180000], 39
            0f 01 15 00 00 18 00          ; lgdt [0x180000]
            6a 23                         ; push 0x23
            54                            ; push esp
            68 02 30 00 00                ; push IOPL 3
            6a %s                         ; push 0x1b, or 8 for a far return within ring 0
            e8 00 00 00 00                ; call next
            83 04 24 05                   ; next: add dword [esp], 5
            cf                            ; iret
            31 d2                         ; xor edx, edx
            b8 08 00 01 00                ; mov eax, HvCallNotifyLongSpinWait, fast
            0f 01 c1                      ; vmcall
            b0 00                         ; mov al, 0
            e6 f4                         ; out 0xf4, al
            """;
        assertThat(run(listing.formatted("08"), MACHINE).guestStatus()).isEqualTo(DONE);
        assertThat(run(listing.formatted("1b"), MACHINE).outcome()).isEqualTo(RunResult.Outcome.TRIPLE_FAULT);
    }

    /** TLFS, "Legal Hypercall Environments": not in real mode, in which a started processor begins. */
    @Test
    void hypercallInRealModeIsUndefined() {
        String listing = """
            b9 00 00 00 40                ; mov ecx, HV_X64_MSR_GUEST_OS_ID
            b8 01 00 00 00                ; mov eax, 1
            31 d2                         ; xor edx, edx
            0f 30                         ; wrmsr
            c7 05 00 80 00 00 0f 01 c1 b0 ; mov dword [0x8000], vmcall; mov al, 2
            c7 05 04 80 00 00 02 e6 f4 f4 ; mov dword [0x8004], out 0xf4, al; hlt
            c7 05 00 90 00 00 b0 00 e6 f4 ; mov dword [0x9000], mov al, 0; out 0xf4, al
            c7 05 18 00 00 00 00 90 00 00 ; mov dword [0x18], the vector of #UD
            c7 05 00 03 e0 fe 00 45 0c 00 ; mov dword [0xfee00300], INIT to all but self
            c7 05 00 03 e0 fe 08 46 0c 00 ; mov dword [0xfee00300], SIPI, vector 8
            f4                            ; hlt
            """;
        assertThat(run(listing, MACHINE.withVcpus(2)).guestStatus()).isEqualTo(DONE);
    }

    /** TLFS, "Hypercall Continuation": an interrupt is taken in the midst of a long list, which then goes on where it was. */
    @Test
    void interruptIsTakenInTheMidstOfALongList() {
        String listing = """
            b9 00 00 00 40                ; mov ecx, HV_X64_MSR_GUEST_OS_ID
            b8 01 00 00 00                ; mov eax, 1
            31 d2                         ; xor edx, edx
            0f 30                         ; wrmsr
            c7 05 08 20 19 00 03 00 00 00 ; mov dword [0x192008], all processors, all spaces
            ba fd 01 00 00                ; mov edx, 509 reps
            b8 03 00 00 00                ; mov eax, HvCallFlushVirtualAddressList
            31 db                         ; xor ebx, ebx
            b9 00 20 19 00                ; mov ecx, 0x192000
            31 ff                         ; xor edi, edi
            31 f6                         ; xor esi, esi
            c7 05 00 03 e0 fe 51 40 04 00 ; mov dword [0xfee00300], self-IPI of 0x51
            fb                            ; sti
            0f 01 c1                      ; vmcall
            81 ed fd 01 00 01             ; sub ebp, start index 256, 509 reps
            81 ea fd 01 00 00             ; sub edx, 509 reps completed
            09 e8                         ; or eax, ebp
            09 d0                         ; or eax, edx
            0f 95 c0                      ; setnz al
            e6 f4                         ; out 0xf4, al
            """;
        String handler = """
            89 d5                         ; mov ebp, edx
            c7 05 b0 00 e0 fe 00 00 00 00 ; mov dword [0xfee000b0], 0
            cf                            ; iret
            """;
        try (InterruptedGuest guest = new InterruptedGuest(listing, MACHINE).handler(0x51, handler)) {
            assertThat(guest.run().guestStatus())
                    .as(guest.machine().stateDump())
                    .isEqualTo(DONE);
            assertThat(guest.machine().exitCounters().countOf(ExitReason.VMCALL))
                    .isEqualTo(2);
        }
    }

    /**
     * Two messages for one slot; the guest empties it and writes EOI, never EOM. With APICv KVM does not hear that EOI (read, not
     * run), and the second message stays where it is.
     */
    @ParameterizedTest
    @ValueSource(strings = {"skylake-apicv", "skylake-no-apicv", "ipi-virtualization", "avic"})
    void eoiHandsTheSlotBackWhateverVirtualizesTheApic(String profile) {
        boolean amd = profile.equals("avic");
        String listing = """
            b9 83 00 00 40 ; mov ecx, HV_X64_MSR_SIMP
            b8 01 10 19 00 ; mov eax, 0x191001
            31 d2          ; xor edx, edx
            0f 30          ; wrmsr
            b9 80 00 00 40 ; mov ecx, HV_X64_MSR_SCONTROL
            b8 01 00 00 00 ; mov eax, 1
            0f 30          ; wrmsr
            b9 92 00 00 40 ; mov ecx, HV_X64_MSR_SINT2
            b8 61 00 00 00 ; mov eax, vector 0x61
            0f 30          ; wrmsr
            b9 00 00 00 40 ; mov ecx, HV_X64_MSR_GUEST_OS_ID
            0f 30          ; wrmsr
            ba 00 30 00 00 ; mov edx, 0x3000
            b8 02 00 04 03 ; mov eax, message connection 3 to SINT 2 of VP 0
            ef             ; out dx, eax
            31 f6          ; xor esi, esi
            31 ff          ; xor edi, edi
            bd 02 00 00 00 ; mov ebp, 2
            b8 5c 00 00 00 ; post: mov eax, HvCallPostMessage
            31 d2          ; xor edx, edx
            31 db          ; xor ebx, ebx
            b9 00 00 19 00 ; mov ecx, 0x190000
            %s       ; vmcall
            4d             ; dec ebp
            75 ec          ; jnz post
            fb             ; sti
            f4             ; again: hlt
            83 fb 02       ; cmp ebx, 2
            72 fa          ; jb again
            b0 00          ; mov al, 0
            e6 f4          ; out 0xf4, al
            """.formatted(amd ? "0f 01 d9" : "0f 01 c1");
        String handler = """
            43                            ; inc ebx
            c7 05 00 12 19 00 00 00 00 00 ; mov dword [0x191200], 0
            c7 05 b0 00 e0 fe 00 00 00 00 ; mov dword [0xfee000b0], 0
            cf                            ; iret
            """;
        MachineConfig config = MACHINE.withProfile(HardwareProfiles.load().get(profile));
        try (InterruptedGuest guest = new InterruptedGuest(listing, config).handler(0x61, handler)) {
            guest.machine().memory().putLong(InterruptedGuest.PAGE, 3);
            guest.machine().memory().putLong(InterruptedGuest.PAGE + 8, 8L << 32 | 1);

            assertThat(guest.run().guestStatus())
                    .as(guest.machine().stateDump())
                    .isEqualTo(DONE);
        }
    }

    @Test
    void guestThatAsksForAResetEndsTheRun() {
        RunResult result = run("""
            b9 03 00 00 40 ; mov ecx, HV_X64_MSR_RESET
            b8 01 00 00 00 ; mov eax, 1
            31 d2          ; xor edx, edx
            0f 30          ; wrmsr
            f4             ; hlt
            """, MACHINE);

        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.RESET);
        assertThat(result.reason()).contains("HV_X64_MSR_RESET");
    }

    @Test
    void guestThatReportsItsCrashEndsTheRunWithItsOwnWords() {
        String listing = """
            b9 00 01 00 40 ; mov ecx, HV_X64_MSR_CRASH_P0
            b8 34 12 00 00 ; mov eax, 0x1234
            31 d2          ; xor edx, edx
            0f 30          ; wrmsr
            b9 03 01 00 40 ; mov ecx, HV_X64_MSR_CRASH_P3
            b8 00 00 19 00 ; mov eax, 0x190000
            0f 30          ; wrmsr
            41             ; inc ecx
            b8 0c 00 00 00 ; mov eax, 12
            0f 30          ; wrmsr
            41             ; inc ecx
            31 c0          ; xor eax, eax
            ba 00 00 00 c0 ; mov edx, notify, message
            0f 30          ; wrmsr
            f4             ; hlt
            """;
        try (InterruptedGuest guest = new InterruptedGuest(listing, MACHINE)) {
            byte[] text = "panic:\nno fs".getBytes(StandardCharsets.UTF_8);
            guest.machine().memory().putBytes(InterruptedGuest.PAGE, text);
            RunResult result = guest.run();

            assertThat(result.outcome()).isEqualTo(RunResult.Outcome.GUEST_PANIC);
            assertThat(result.reason())
                    .isEqualTo("the guest reports a crash, P0 to P4 [0x1234, 0x0, 0x0, 0x190000, 0xc]: panic: / no fs");
        }
    }

    /** As in KVM, what CPUID does not announce works all the same, unless the switch says otherwise. */
    @Test
    void whatIsNotAnnouncedIsRefusedWhereThatIsAskedFor() {
        String readTime = """
            b9 20 00 00 40 ; mov ecx, HV_X64_MSR_TIME_REF_COUNT
            0f 32          ; rdmsr
            30 c0          ; xor al, al
            e6 f4          ; out 0xf4, al
            """;
        String without = "-hv-time,-hv-stimer,-hv-stimer-direct";

        assertThat(run(readTime, cpu(without)).guestStatus()).isEqualTo(DONE);
        assertThat(run(readTime, cpu("+hv-enforce-cpuid")).guestStatus()).isEqualTo(DONE);
        assertThat(run(readTime, cpu(without + ",+hv-enforce-cpuid")).outcome())
                .as("#GP without a handler")
                .isEqualTo(RunResult.Outcome.TRIPLE_FAULT);
    }
}
