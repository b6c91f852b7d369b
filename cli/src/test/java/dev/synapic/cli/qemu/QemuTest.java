// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs of small guests, and how they end. */
class QemuTest {
    private static final String EXIT_AL = "e6 f4 ; out 0xf4, al\n";

    @TempDir
    private Path directory;

    private String kernel(String listing) throws IOException {
        return TinyKernel.write(directory, listing);
    }

    @Test
    void aGuestOfOursRunsAsUnderTheRunner() {
        QemuRun run = QemuRun.byRunner(QemuRun.guest("hello-smp"), "-smp", "3", "-cpu", "max");
        assertThat(run.out()).contains("cpu 2 apic 2\n").endsWith("hello-smp: 3 cpus\n");
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isEqualTo(1);
    }

    @Test
    void theStatusIsWhatIsaDebugExitSays() throws IOException {
        QemuRun run = QemuRun.byRunner(kernel("b0 3f ; mov al, 63\n" + EXIT_AL));
        assertThat(run.status()).isEqualTo(127);
        assertThat(run.out() + run.err()).isEmpty();
    }

    /** QEMU's own default ports. */
    @Test
    void withoutPortsTheExitDeviceIsAt0x501() throws IOException {
        String kernel = kernel("""
            b0 01       ; mov al, 1
            e6 f4       ; out 0xf4, al: nothing is there
            66 ba 01 05 ; mov dx, 0x501
            b0 02       ; mov al, 2
            ee          ; out dx, al
            """);
        QemuRun run = QemuRun.of("-nodefaults", "-device", "isa-debug-exit", "-kernel", kernel);
        assertThat(run.status()).isEqualTo(5);
    }

    @Test
    void aResetEndsTheRunWhereRebootIsOff() throws IOException {
        QemuRun run =
                QemuRun.byRunner(kernel("b0 fe ; mov al, 0xfe\n e6 64 ; out 0x64, al: pulse the reset line\n eb fe"));
        assertThat(run.status()).isZero();
        assertThat(run.err()).isEmpty();
    }

    /** A kernel that waits for a full minute, resets the machine, and finds the calendar where it left it. */
    @Test
    void aResetRestartsTheKernelOtherwise() throws IOException {
        String kernel = kernel("""
            b0 02          ; mov al, 2: minutes
            e6 70          ; out 0x70, al
            e4 71          ; in al, 0x71
            3c 00          ; cmp al, 0
            75 10          ; jne over
            b0 00          ; again: mov al, 0
            e6 70          ; out 0x70, al
            e4 71          ; in al, 0x71
            3c 00          ; cmp al, 0
            75 f6          ; jne again: until the minute is full
            b0 fe          ; mov al, 0xfe
            e6 64          ; out 0x64, al
            eb fe          ; jmp $
            b0 07          ; over: mov al, 7
            e6 f4          ; out 0xf4, al
            """);
        QemuRun run = QemuRun.of(
                "-nodefaults",
                "-device",
                "isa-debug-exit,iobase=0xf4",
                "-rtc",
                "base=2026-01-01T00:00:59",
                "-kernel",
                kernel);
        assertThat(run.status()).as("found the clock a minute later").isEqualTo(15);
        assertThat(run.err()).isEmpty();
    }

    @Test
    void aTripleFaultIsAResetWithAWord() throws IOException {
        QemuRun run = QemuRun.byRunner(kernel("0f 01 1d 00 00 00 00 ; lidt [0]\n 0f 0b ; ud2"));
        assertThat(run.status()).isZero();
        assertThat(run.err()).startsWith("qemu-system-x86_64: warning: triple fault on vcpu 0 at rip 0x100017");
    }

    @Test
    void aDeadlockIsExplainedAndEndsWithAStatusThatIsNoGuests() throws IOException {
        QemuRun run = QemuRun.byRunner(kernel("fa ; cli\n f4 ; hlt"));
        assertThat(run.status()).isEqualTo(4);
        assertThat(run.err())
                .startsWith("qemu-system-x86_64: deadlock: nothing can wake any vCPU\n")
                .contains("vcpu 0 ");
    }

    @Test
    void standardInputGoesToCom1() throws IOException {
        String echo = kernel("""
            66 ba fd 03 ; again: mov dx, 0x3fd
            ec          ; in al, dx
            a8 01       ; test al, 1
            74 f7       ; jz again
            66 ba f8 03 ; mov dx, 0x3f8
            ec          ; in al, dx
            ee          ; out dx, al
            3c 71       ; cmp al, 'q'
            75 ed       ; jne again
            b0 00       ; mov al, 0
            e6 f4       ; out 0xf4, al
            """);
        QemuRun run = QemuRun.typing(
                "to the end: q and no further",
                List.of("-nographic", "-device", "isa-debug-exit,iobase=0xf4", "-kernel", echo));
        assertThat(run.out()).isEqualTo("to the end: q");
        assertThat(run.status()).isEqualTo(1);
    }

    @Test
    void theSerialPortCanLeadToAFile() throws IOException {
        Path log = directory.resolve("log,1");
        QemuRun run = QemuRun.of(
                "-nodefaults",
                "-serial",
                "file:" + log,
                "-device",
                "isa-debug-exit,iobase=0xf4,iosize=4",
                "-kernel",
                QemuRun.guest("hello-smp"));
        assertThat(run.out() + run.err()).isEmpty();
        assertThat(log).content().endsWith("hello-smp: 1 cpus\n");
    }

    /** Multiboot 3.3: the kernel finds its own name before the words of -append, as from any boot loader. */
    @Test
    void theKernelFindsItsNameItsWordsAndItsModules() throws IOException {
        Path module = Files.writeString(directory.resolve("module"), "XYZ");
        String kernel = kernel("""
            66 ba f8 03    ; mov dx, 0x3f8
            8b 73 10       ; mov esi, [ebx+16]: the command line
            ac             ; next: lodsb
            ee             ; out dx, al
            84 c0          ; test al, al
            75 fa          ; jnz next
            8b 4b 14       ; mov ecx, [ebx+20]: how many modules
            8b 7b 18       ; mov edi, [ebx+24]
            8b 37          ; mov esi, [edi]
            ac             ; byte: lodsb
            ee             ; out dx, al
            3b 77 04       ; cmp esi, [edi+4]
            72 f9          ; jb byte
            8b 77 08       ; mov esi, [edi+8]: the module's string
            ac             ; more: lodsb
            ee             ; out dx, al
            84 c0          ; test al, al
            75 fa          ; jnz more
            88 c8          ; mov al, cl
            e6 f4          ; out 0xf4, al
            """);
        QemuRun run = QemuRun.byRunner(kernel, "-append", "one two", "-initrd", module + " three");
        assertThat(run.out()).isEqualTo(kernel + " one two\0XYZ" + module + " three\0");
        assertThat(run.status()).as("one module").isEqualTo(3);
    }

    @Test
    void withoutItsPitThePortsAreEmpty() throws IOException {
        String kernel = kernel("e4 40 ; in al, 0x40\n e6 f4 ; out 0xf4, al");
        assertThat(QemuRun.byRunner(kernel, "-machine", "pit=off").status() & 0xFF)
                .isEqualTo(0xFF);
    }

    /** The help promises it, and scripts of both kinds depend on it. */
    @Test
    void bothAcceleratorsAreTheSameMachine() {
        List<QemuRun> runs = List.of(
                QemuRun.byRunner(QemuRun.guest("hello-smp"), "-accel", "kvm", "-smp", "2"),
                QemuRun.byRunner(QemuRun.guest("hello-smp"), "-accel", "tcg", "-smp", "2"));
        assertThat(runs.get(0)).isEqualTo(runs.get(1));
    }
}
