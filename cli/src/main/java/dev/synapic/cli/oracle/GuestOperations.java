// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.hyperv.XmmRegisters;
import dev.synapic.interrupts.pic.PicPair;
import dev.synapic.machine.trace.TraceEvent;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a guest's processor does: registers, memory, hypercalls, taking and ending interrupts. */
final class GuestOperations {
    private static final int MOST_BYTES = 1 << 16;
    /** By their numbers in {@code HypercallRegisters}. */
    private static final String[] GENERAL = {"rax", "rcx", "rdx", "rbx", "", "", "rsi", "rdi", "r8"};

    private enum Source {
        APIC,
        PIC,
        NMI,
        INIT,
        SIPI,
        KICK
    }

    private GuestOperations() {}

    static Map<String, Operation> table() {
        return Map.of(
                "msr-read", Operation.of(GuestOperations::readMsr, "vcpu", "msr"),
                "msr-write", Operation.of(GuestOperations::writeMsr, "vcpu", "msr", "value"),
                "mmio-read", Operation.of(GuestOperations::readMmio, "vcpu", "gpa", "port", "size"),
                "mmio-write", Operation.of(GuestOperations::writeMmio, "vcpu", "gpa", "port", "size", "value"),
                "mem-read", Operation.onMemory(GuestOperations::readMemory, "gpa", "size", "length"),
                "mem-write", Operation.onMemory(GuestOperations::writeMemory, "gpa", "size", "value", "data"),
                "hypercall",
                        Operation.of(
                                GuestOperations::hypercall,
                                "vcpu",
                                "longMode",
                                "cpl",
                                "rax",
                                "rbx",
                                "rcx",
                                "rdx",
                                "rsi",
                                "rdi",
                                "r8",
                                "xmm"),
                "acknowledge", Operation.of(GuestOperations::acknowledge, "vcpu", "source"),
                "eoi", Operation.of(GuestOperations::endOfInterrupt, "vcpu", "source"));
    }

    private static DrivenProcessor processor(DrivenFabric fabric, Fields fields) {
        List<DrivenProcessor> processors = fabric.processors();
        DrivenProcessor processor = processors.get(fields.integer("vcpu", 0, processors.size() - 1));
        fabric.log().acts(processor.index());
        return processor;
    }

    // ---- registers --------------------------------------------------------------------------------------------------

    private static Object readMsr(DrivenFabric fabric, Fields fields) {
        int msr = fields.word("msr");
        return Numbers.hex(new GuestAccess(fabric).readMsr(processor(fabric, fields), msr));
    }

    private static @Nullable Object writeMsr(DrivenFabric fabric, Fields fields) {
        int msr = fields.word("msr");
        long value = fields.number("value");
        new GuestAccess(fabric).writeMsr(processor(fabric, fields), msr, value);
        return null;
    }

    private static Object readMmio(DrivenFabric fabric, Fields fields) {
        int size = accessSize(fields);
        DrivenProcessor processor = processor(fabric, fields);
        GuestAccess access = new GuestAccess(fabric);
        if (fields.has("port")) {
            return Numbers.hex(access.readPort(port(fields)));
        }
        return Numbers.hex(access.readMmio(processor, fields.number("gpa"), size));
    }

    private static @Nullable Object writeMmio(DrivenFabric fabric, Fields fields) {
        int size = accessSize(fields);
        long value = fields.number("value");
        DrivenProcessor processor = processor(fabric, fields);
        GuestAccess access = new GuestAccess(fabric);
        if (fields.has("port")) {
            access.writePort(port(fields), (int) value & 0xFF);
        } else {
            access.writeMmio(processor, fields.number("gpa"), size, value);
        }
        return null;
    }

    /** Ports of interrupt chips and timers take bytes. */
    private static int port(Fields fields) {
        if (fields.has("gpa") || fields.has("size")) {
            throw new BadRequest("field 'port' stands alone: an access to a port has one byte, and no 'gpa' or 'size'");
        }
        return fields.integer("port", 0, 0xFFFF);
    }

    private static int accessSize(Fields fields) {
        int size = fields.integer("size", 1, 8, 4);
        if (Integer.bitCount(size) != 1) {
            throw new BadRequest("field 'size' is " + size + "; give 1, 2, 4 or 8");
        }
        return size;
    }

    // ---- memory -----------------------------------------------------------------------------------------------------

    private static Object readMemory(DrivenFabric fabric, Fields fields) {
        GuestMemory memory = fabric.memory();
        if (!fields.has("length")) {
            int size = accessSize(fields);
            return Numbers.hex(number(bytes(memory, fields, size)));
        }
        if (fields.has("size")) {
            throw new BadRequest("field 'size' stands beside 'length'; give one of them");
        }
        return HexFormat.of().formatHex(bytes(memory, fields, fields.integer("length", 1, MOST_BYTES)));
    }

    private static byte[] bytes(GuestMemory memory, Fields fields, int length) {
        byte[] bytes = new byte[length];
        memory.getBytes(gpa(memory, fields, length), bytes, 0, length);
        return bytes;
    }

    private static long number(byte[] bytes) {
        long number = 0;
        for (int i = bytes.length - 1; i >= 0; i--) {
            number = number << Byte.SIZE | bytes[i] & 0xFF;
        }
        return number;
    }

    private static @Nullable Object writeMemory(DrivenFabric fabric, Fields fields) {
        GuestMemory memory = fabric.memory();
        if (!fields.has("data")) {
            int size = accessSize(fields);
            long value = fields.number("value");
            byte[] bytes = new byte[size];
            for (int i = 0; i < size; i++) {
                bytes[i] = (byte) (value >>> Byte.SIZE * i);
            }
            memory.putBytes(gpa(memory, fields, size), bytes);
            return null;
        }
        if (fields.has("size") || fields.has("value")) {
            throw new BadRequest("field 'data' stands beside 'value' or 'size'; give one of them");
        }
        byte[] data = fields.bytes("data", MOST_BYTES);
        memory.putBytes(gpa(memory, fields, data.length), data);
        return null;
    }

    private static long gpa(GuestMemory memory, Fields fields, int length) {
        long gpa = fields.number("gpa");
        if (!memory.contains(gpa, length)) {
            throw new BadRequest("field 'gpa' is " + Numbers.hex(gpa) + "; RAM is below " + Numbers.hex(memory.size())
                    + ", and the access has " + length + " bytes");
        }
        return gpa;
    }

    // ---- hypercalls -------------------------------------------------------------------------------------------------

    private static Object hypercall(DrivenFabric fabric, Fields fields) {
        GuestAccess.Registers registers = registers(fields);
        boolean longMode = fields.flag("longMode", true);
        int cpl = fields.integer("cpl", 0, 3, 0);
        boolean again = new GuestAccess(fabric).hypercall(processor(fabric, fields), registers, longMode, cpl);
        Map<String, @Nullable Object> result = new LinkedHashMap<>();
        for (int i = 0; i < GENERAL.length; i++) {
            if (!GENERAL[i].isEmpty()) {
                result.put(GENERAL[i], Numbers.hex(registers.general[i]));
            }
        }
        if (fields.has("xmm")) {
            List<@Nullable Object> words = new ArrayList<>();
            for (long word : registers.xmm) {
                words.add(Numbers.hex(word));
            }
            result.put("xmm", words);
        }
        result.put("again", again);
        return result;
    }

    private static GuestAccess.Registers registers(Fields fields) {
        GuestAccess.Registers registers = new GuestAccess.Registers();
        for (int i = 0; i < GENERAL.length; i++) {
            registers.general[i] = GENERAL[i].isEmpty() ? 0 : fields.number(GENERAL[i], 0);
        }
        if (fields.has("xmm")) {
            List<Long> words = fields.numbers("xmm", XmmRegisters.WORDS);
            for (int i = 0; i < words.size(); i++) {
                registers.xmm[i] = words.get(i);
            }
        }
        return registers;
    }

    // ---- interrupts -------------------------------------------------------------------------------------------------

    private static @Nullable Object acknowledge(DrivenFabric fabric, Fields fields) {
        Source source = fields.choice(
                "source",
                Map.of(
                        "apic", Source.APIC,
                        "pic", Source.PIC,
                        "nmi", Source.NMI,
                        "init", Source.INIT,
                        "sipi", Source.SIPI,
                        "kick", Source.KICK),
                Source.APIC);
        DrivenProcessor processor = processor(fabric, fields);
        return switch (source) {
            case APIC -> takeVector(processor.apic());
            case PIC -> takeExtInt(fabric, processor);
            case NMI -> takeNmi(fabric, processor);
            case INIT -> takeInit(processor);
            case SIPI -> takeSipi(fabric, processor);
            case KICK -> takeKick(processor);
        };
    }

    private static @Nullable String takeVector(LocalApic apic) {
        int vector = apic.pendingVector();
        if (vector == LocalApic.NO_VECTOR) {
            return null;
        }
        apic.acknowledge(vector);
        return Numbers.hex(vector);
    }

    private static @Nullable String takeExtInt(DrivenFabric fabric, DrivenProcessor processor) {
        PicPair pic = fabric.chips().chips().pic();
        if (!pic.output() || !processor.apic().acceptsExtInt()) {
            return null;
        }
        int vector = pic.acknowledge();
        fabric.log().of(TraceEvent.KVM_INJ_VIRQ, processor.index(), vector, 0);
        return Numbers.hex(vector);
    }

    private static boolean takeNmi(DrivenFabric fabric, DrivenProcessor processor) {
        boolean taken = processor.apic().takeNmi();
        if (taken) {
            fabric.log().of(TraceEvent.KVM_INJ_NMI, processor.index(), 0, 0);
        }
        return taken;
    }

    private static boolean takeInit(DrivenProcessor processor) {
        boolean taken = processor.apic().takeInit();
        if (taken) {
            processor.kvm().init();
            processor.apic().init();
        }
        return taken;
    }

    private static @Nullable String takeSipi(DrivenFabric fabric, DrivenProcessor processor) {
        int vector = processor.apic().takeSipi();
        if (vector == LocalApic.NO_VECTOR) {
            return null;
        }
        processor.kvm().running();
        fabric.log().of(TraceEvent.VCPU_START, processor.index(), vector, 0);
        return Numbers.hex(vector);
    }

    private static boolean takeKick(DrivenProcessor processor) {
        boolean kicked = processor.kvm().isKicked();
        processor.kvm().running();
        return kicked;
    }

    private static @Nullable Object endOfInterrupt(DrivenFabric fabric, Fields fields) {
        Source source = fields.choice("source", Map.of("apic", Source.APIC, "nmi", Source.NMI), Source.APIC);
        LocalApic apic = processor(fabric, fields).apic();
        if (source == Source.NMI) {
            apic.unblockNmi();
            return null;
        }
        int vector = apic.hardwareEnabled() ? apic.eoi() : LocalApic.NO_VECTOR;
        return vector == LocalApic.NO_VECTOR ? null : Numbers.hex(vector);
    }
}
