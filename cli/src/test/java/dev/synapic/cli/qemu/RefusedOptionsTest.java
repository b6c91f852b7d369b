// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sentences as QEMU 7.2 prints them, where it has one for the case. */
class RefusedOptionsTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-foo | -foo: invalid option",
                "--foo | --foo: invalid option",
                "- | -: invalid option",
                "-usb | -usb: invalid option",
                "-m | -m: requires an argument",
                "-kernel | -kernel: requires an argument",
                "disk.img | disk.img: there are no disks here; -kernel names what to boot",
                "-append x | -append only allowed with -kernel option",
                "-initrd x | -initrd only allowed with -kernel option",
                "-nodefaults | nothing to boot: there are no disks here; -kernel names a Multiboot-1 kernel",
                "-m 1X | -m 1X: expected something like 64M or 1G",
                "-m 64,slots=2 | -m 64,slots=2: there is no 'slots' here",
                "-m 1 | -m: memory is a whole number of MiB from 2M to 8G",
                "-smp 2000 | -smp 2000: cpus is a number from 1 to 1024",
                "-smp 2,foo=3 | Parameter 'smp.foo' is unexpected",
                "-smp 6,sockets=2,cores=3 | -smp 6,dies=1,cores=3,threads=1: APIC ids would have gaps; what is inside"
                        + " something else comes in powers of two",
                "-cpu foo | unknown -cpu model 'foo'; nearest is 'max'",
                "-cpu max,+svm | -cpu flag 'svm' is not available: there is no nested virtualization",
                "-device foo | -device foo: 'foo' is not a valid device model name",
                "-device isa-debug-exit,foo=1 | -device isa-debug-exit,foo=1: Property 'isa-debug-exit.foo' not found",
                "-device isa-debug-exit,iobase=0x10000 | Parameter 'iobase' expects a number from 0 to 65535, not"
                        + " '0x10000'",
                "-device pc-testdev,foo=1 | -device pc-testdev,foo=1: Property 'pc-testdev.foo' not found",
                "-device hyperv-testdev | -device hyperv-testdev: needs the CPU flag hv-synic: add hv-vpindex,hv-synic"
                        + " to -cpu",
                "-M foo | unsupported machine type 'foo': use -machine help to list supported machines",
                "-machine accel=hvf | invalid accelerator hvf",
                "-machine foo=on | Property 'pc-machine.foo' not found",
                "-machine pit=maybe | Parameter 'pit' expects 'on' or 'off'",
                "-machine vmport=on | -machine vmport=on: not there; only 'off' and 'auto'",
                "-machine kernel-irqchip=maybe | Parameter 'kernel-irqchip' does not accept value 'maybe'",
                "-accel xen | invalid accelerator xen",
                "-accel kvm,foo=1 | -accel kvm,foo=1: Property 'kvm-accel.foo' not found",
                "-global kvm-apic.vapic=off | -global kvm-apic.vapic=off: Invalid parameter 'kvm-apic.vapic'",
                "-rtc foo=1 | -rtc foo=1: Invalid parameter 'foo'",
                "-display gtk | -display: there is only 'none', not 'gtk'",
                "-vnc :1 | -vnc: there is only 'none', not ':1'",
                "-nic user | -net or -nic: there is only 'none', not 'user'",
                "-seed x | -seed x: Invalid seed number",
                "-chardev null,id=a | -chardev: invalid option",
                "-incoming tcp:0:1 | -incoming: invalid option",
            })
    void anOptionThatIsNotThereIsRefusedByNameInOneLine(String words, String message) {
        QemuRun run = QemuRun.of(words.split(" "));
        assertThat(run.err()).isEqualTo("qemu-system-x86_64: " + message + "\n");
        assertThat(run.out()).isEmpty();
        assertThat(run.status()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-device virtio-blk-pci | -device virtio-blk-pci: drive property not set",
                "-device virtio-blk-pci,drive=x | -device virtio-blk-pci: Property 'virtio-blk-pci.drive' can't find"
                        + " value 'x'",
                "-device virtio-rng-pci,foo=1 | -device virtio-rng-pci,foo=1: Property 'virtio-rng-pci.foo' not found",
                "-drive if=virtio | -drive if=virtio: A file is needed: file=F",
                "-drive file=/none.img,if=virtio | -drive file=/none.img,if=virtio: /none.img: no such file",
                "-drive file=x,if=ide | -drive file=x,if=ide: there are only if=virtio, if=scsi and if=none here",
                "-drive file=x,if=none,format=qcow2 | -drive file=x,if=none,format=qcow2: Unknown driver 'qcow2':"
                        + " there is only raw here"
            })
    void aDriveThatIsNotThereIsRefusedByNameInOneLine(String words, String message) {
        anOptionThatIsNotThereIsRefusedByNameInOneLine(words, message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "pty | -serial pty: 'pty' is not a valid char driver",
                "file:/nonexistent/log | -serial file:/nonexistent/log: Could not open '/nonexistent/log': No such"
                        + " file or directory",
            })
    void aSerialPortLeadsNowhereElse(String argument, String message) {
        QemuRun run = QemuRun.of("-kernel", QemuRun.guest("hello-smp"), "-serial", argument);
        assertThat(run.err()).isEqualTo("qemu-system-x86_64: " + message + "\n");
        assertThat(run.status()).isEqualTo(1);
    }

    @Test
    void aKernelThatIsNoneIsRefusedByQemusLoader() throws IOException {
        Path text = Files.writeString(directory.resolve("text"), "no kernel");
        assertThat(QemuRun.of("-kernel", text.toString()).err())
                .startsWith("qemu: could not load kernel " + text + ": neither a Linux bzImage nor a Multiboot kernel");
        assertThat(QemuRun.of("-kernel", directory.toString()).err())
                .isEqualTo("qemu: could not load kernel '" + directory + "': Is a directory\n");
    }

    @Test
    void aModuleThatIsNotThereIsRefused() {
        QemuRun run = QemuRun.of("-kernel", QemuRun.guest("hello-smp"), "-initrd", "/nonexistent");
        assertThat(run.err())
                .isEqualTo("qemu-system-x86_64: Failed to open file '/nonexistent': No such file or directory\n");
        assertThat(run.status()).isEqualTo(1);
    }
}
