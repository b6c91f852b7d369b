// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import java.util.List;
import java.util.Random;

/** Random requests that make sense, for fabrics of a few processors that all fields of {@link #CREATE} fit. */
final class RandomRequests {
    static final int PROCESSORS = 3;
    static final String CREATE = "\"vcpus\":" + PROCESSORS + ",\"memory\":65536,\"svr\":\"0x1ff\"";

    private static final List<String> PAGE_REGISTERS = List.of(
            "0x020", "0x080", "0x0a0", "0x0d0", "0x0f0", "0x100", "0x200", "0x280", "0x300", "0x310", "0x320", "0x350",
            "0x380", "0x390", "0x3e0");
    private static final List<String> SYNTHETIC = List.of(
            "0x40000000",
            "0x40000001",
            "0x40000020",
            "0x40000021",
            "0x40000070",
            "0x40000072",
            "0x40000073",
            "0x40000080",
            "0x40000082",
            "0x40000083",
            "0x40000084",
            "0x40000091",
            "0x40000092",
            "0x400000b0",
            "0x400000b1",
            "0x40000105");
    private static final List<String> KVM =
            List.of("0x4b564d00", "0x4b564d01", "0x4b564d03", "0x4b564d04", "0x4b564d05");

    private final Random random;

    RandomRequests(Random random) {
        this.random = random;
    }

    /** The next one, but for its braces. */
    String next() {
        return switch (random.nextInt(20)) {
            case 0, 1 ->
                "\"op\":\"mmio-write\"," + vcpu() + ",\"gpa\":\"0xfee00"
                        + of(PAGE_REGISTERS).substring(2) + "\",\"value\":" + value();
            case 2 ->
                "\"op\":\"mmio-read\"," + vcpu() + ",\"gpa\":\"0xfee00"
                        + of(PAGE_REGISTERS).substring(2) + "\"";
            case 3 -> ioApic();
            case 4 -> "\"op\":\"msr-write\"," + vcpu() + ",\"msr\":\"" + of(SYNTHETIC) + "\",\"value\":" + synthetic();
            case 5 -> "\"op\":\"msr-read\"," + vcpu() + ",\"msr\":\"" + of(SYNTHETIC) + "\"";
            case 6 -> "\"op\":\"msr-write\"," + vcpu() + ",\"msr\":\"" + of(KVM) + "\",\"value\":" + synthetic();
            case 7 -> "\"op\":\"line\",\"gsi\":" + (8 + random.nextInt(20)) + ",\"level\":" + random.nextBoolean();
            case 8 ->
                "\"op\":\"msi\",\"address\":" + (0xFEE0_0000L | random.nextInt(4) << 12) + ",\"data\":"
                        + (0x30 + random.nextInt(0x40));
            case 9, 10, 11 ->
                "\"op\":\"acknowledge\"," + vcpu() + source("apic", "apic", "apic", "pic", "nmi", "init", "sipi");
            case 12, 13 -> "\"op\":\"eoi\"," + vcpu() + source("apic", "apic", "nmi");
            case 14 ->
                "\"op\":\"advance\",\"ns\":" + (random.nextInt(4) == 0 ? random.nextInt(100_000) : random.nextInt(400));
            case 15 -> sint();
            case 16 -> eventFd();
            case 17 -> ipi();
            case 18 -> "\"op\":\"mem-write\",\"gpa\":" + 4 * random.nextInt(0x4000) + ",\"value\":" + random.nextInt(3);
            default -> port();
        };
    }

    private String vcpu() {
        return "\"vcpu\":" + random.nextInt(PROCESSORS);
    }

    private String of(List<String> words) {
        return words.get(random.nextInt(words.size()));
    }

    private String source(String... sources) {
        return ",\"source\":\"" + of(List.of(sources)) + "\"";
    }

    private String value() {
        return switch (random.nextInt(6)) {
            case 0 -> "0";
            case 1 -> "\"0x1ff\"";
            case 2 -> "\"0x2004" + random.nextInt(10) + "\"";
            case 3 -> String.valueOf(random.nextInt(2_000));
            case 4 -> "\"0x4" + random.nextInt(8) + random.nextInt(10) + random.nextInt(10) + "\"";
            default -> String.valueOf((long) random.nextInt(PROCESSORS) << 24);
        };
    }

    private String synthetic() {
        return switch (random.nextInt(4)) {
            case 0 -> "\"0x" + (1 + random.nextInt(8)) + "001\"";
            case 1 -> String.valueOf(random.nextInt(2));
            case 2 -> String.valueOf(0x30 + random.nextInt(0x40) | random.nextInt(3) << 16);
            default -> "\"0x" + (1 + random.nextInt(2)) + "000f\"";
        };
    }

    private String ioApic() {
        boolean select = random.nextBoolean();
        return "\"op\":\"mmio-write\"," + vcpu() + ",\"gpa\":\"0xfec000" + (select ? "00" : "10") + "\",\"value\":"
                + (select ? 0x10 + random.nextInt(0x30) : 0x30 + random.nextInt(0x40) | random.nextInt(2) << 15);
    }

    private String sint() {
        String place = "\"vp\":" + random.nextInt(PROCESSORS) + ",\"sint\":" + (1 + random.nextInt(3));
        return random.nextBoolean()
                ? "\"op\":\"post-message\"," + place + ",\"type\":" + (1 + random.nextInt(9)) + ",\"payload\":\"0a0b\""
                : "\"op\":\"signal-event\"," + place + ",\"flag\":" + random.nextInt(2048);
    }

    private String eventFd() {
        int gsi = 8 + random.nextInt(20);
        return switch (random.nextInt(4)) {
            case 0 ->
                "\"op\":\"irqfd\",\"gsi\":" + gsi + ",\"eventfd\":\"a" + gsi % 5 + "\",\"resample\":\"r" + gsi % 5
                        + "\"";
            case 1 -> "\"op\":\"irqfd\",\"gsi\":" + gsi + ",\"eventfd\":\"a" + gsi % 5 + "\",\"deassign\":true";
            case 2 ->
                "\"op\":\"route\",\"add\":[{\"gsi\":26,\"type\":\"hv-sint\",\"vp\":" + random.nextInt(PROCESSORS)
                        + ",\"sint\":2}]";
            default -> "\"op\":\"signal\",\"eventfd\":\"a" + gsi % 5 + "\"";
        };
    }

    private String ipi() {
        return switch (random.nextInt(3)) {
            case 0 ->
                "\"op\":\"msr-write\"," + vcpu() + ",\"msr\":\"0x1b\",\"value\":\"0xfee00"
                        + of(List.of("8", "9", "c", "d", "0")) + "00\"";
            case 1 ->
                "\"op\":\"msr-write\"," + vcpu() + ",\"msr\":\"0x830\",\"value\":"
                        + ((long) random.nextInt(PROCESSORS) << 32 | 0x4030 + random.nextInt(0x40));
            default ->
                "\"op\":\"hypercall\"," + vcpu() + ",\"rax\":10,\"rbx\":" + random.nextInt(8) + ",\"rsi\":"
                        + (0x30 + random.nextInt(0x40));
        };
    }

    private String port() {
        return random.nextBoolean()
                ? "\"op\":\"mmio-write\"," + vcpu() + ",\"port\":"
                        + of(List.of("32", "33", "160", "161", "64", "66", "67", "97")) + ",\"value\":"
                        + random.nextInt(256)
                : "\"op\":\"mmio-read\"," + vcpu() + ",\"port\":"
                        + of(List.of("32", "33", "160", "161", "64", "66", "97", "1232"));
    }
}
