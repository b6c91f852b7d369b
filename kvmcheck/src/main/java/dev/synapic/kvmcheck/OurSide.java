// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicClock;
import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.ApicModel;
import dev.synapic.interrupts.apic.ApicPage;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.LowestPriority;
import dev.synapic.interrupts.apic.ReservedBits;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.interrupts.apicv.EoiExitBitmap;
import dev.synapic.interrupts.ioapic.IoApic;
import dev.synapic.interrupts.ioapic.IoApicListener;
import dev.synapic.interrupts.ioapic.IoApicModel;
import dev.synapic.interrupts.ioapic.IoApicState;
import dev.synapic.interrupts.pic.PicListener;
import dev.synapic.interrupts.pic.PicState;
import dev.synapic.interrupts.routing.EventFd;
import dev.synapic.interrupts.routing.GsiRoute;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChipListener;
import dev.synapic.interrupts.routing.IrqChips;
import dev.synapic.interrupts.routing.SintPort;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.DestinationMode;
import dev.synapic.spec.x86.GeneralProtectionFault;
import dev.synapic.spec.x86.IoApicRegister;
import dev.synapic.spec.x86.Msr;
import dev.synapic.spec.x86.Pic;
import dev.synapic.spec.x86.RedirectionEntry;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The machine of this project's fabric, with KVM's choices where it has a switch: reserved bits dropped, lowest priority by vector, pin 8
 * tracked. Its time stands still.
 */
final class OurSide implements Side {
    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int WORD = 4;

    private static final ApicClock STILL = new ApicClock() {
        @Override
        public long nanos() {
            return 0;
        }

        @Override
        public long tsc() {
            return 0;
        }

        @Override
        public long nanosAtTsc(long tscTicks) {
            return Long.MAX_VALUE;
        }
    };

    private final Snapshot layout;
    private final ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE, LowestPriority.BY_VECTOR);
    private final List<LocalApic> apics = new ArrayList<>();
    private final IrqChips chips;
    private final IrqChip irqChip;
    private final List<EoiExitBitmap> bitmaps = new ArrayList<>();
    /** Whether a processor computes its bitmap anew when it runs next. */
    private final boolean[] scans;

    private final long[] nmisTaken;
    private final List<EventFd> triggers = new ArrayList<>();
    private final List<EventFd> resamples = new ArrayList<>();
    private final long[] resampled = new long[Shape.TRIGGERS.size()];
    private List<GsiRoute> routes = Shape.routes();

    OurSide(Shape shape) {
        layout = new Snapshot(shape);
        nmisTaken = new long[shape.vcpus()];
        scans = new boolean[shape.vcpus()];
        requestScans();
        ApicModel model = ApicModel.DEFAULT.with(ReservedBits.KVM);
        for (int id : shape.apicIds()) {
            apics.add(new LocalApic(id, apics.isEmpty(), model, bus, STILL, ApicListener.NONE));
        }
        chips = new IrqChips(
                new IoApicModel(IoApicModel.Version.V11, IoApicModel.Destination.EIGHT_BITS, true),
                bus::sendMsi,
                asserted -> {},
                STILL::nanos,
                new IoApicListener() {
                    @Override
                    public void entryWritten(int pin, long before, long after) {
                        requestScans(before, after);
                    }
                },
                PicListener.NONE);
        irqChip = new IrqChip(IrqChip.Mode.FULL, bus::sendMsi, SintPort.ABSENT, chips, IrqChipListener.NONE);
        for (int i = 0; i < apics.size(); i++) {
            EoiExitBitmap bitmap = new EoiExitBitmap();
            bitmaps.add(bitmap);
            apics.get(i).onEoi((apic, vector, levelTriggered) -> {
                // As KVM: an EOI that no entry waits for is nobody's.
                if (levelTriggered || bitmap.exits(vector)) {
                    irqChip.eoi(apic, vector, levelTriggered);
                }
            });
        }
        bus.onAddressChange(this::requestScans);
        irqChip.setGsiRouting(routes);
        for (Shape.Trigger trigger : Shape.TRIGGERS) {
            EventFd eventfd = new EventFd();
            EventFd resample = new EventFd();
            triggers.add(eventfd);
            resamples.add(resample);
            if (trigger.resamples()) {
                irqChip.irqfdAssign(eventfd, trigger.gsi(), resample);
            } else {
                irqChip.irqfdAssign(eventfd, trigger.gsi());
            }
        }
        initialize(Pic.MASTER_COMMAND, Shape.MASTER_BASE, 4);
        initialize(Pic.SLAVE_COMMAND, Shape.SLAVE_BASE, 2);
        startAll();
    }

    /** Vectors of the 8259A pair that are no exceptions. */
    private void initialize(int command, int base, int cascade) {
        chips.pic().out(command, Pic.ICW1 | Pic.ICW1_ICW4_NEEDED);
        chips.pic().out(command + 1, base);
        chips.pic().out(command + 1, cascade);
        chips.pic().out(command + 1, 1);
    }

    /** As KVM_SET_MP_STATE: every processor runs. */
    private void startAll() {
        for (LocalApic apic : apics) {
            if (apic.waitingForSipi()) {
                bus.sendMsi(0xFEE0_0000L | (long) apic.apicId() << 12, 5 << 8);
                bus.sendIpi(apic, (long) apic.apicId() << 56 | 6 << 8);
            }
        }
        apics.forEach(this::takeEvents);
    }

    private void requestScans() {
        Arrays.fill(scans, true);
    }

    /** Where an entry is fixed, of the processors that it reaches, or that its old destination is in its new mode, as KVM looks it up. */
    private void requestScans(long before, long after) {
        long old = before & ~RedirectionEntry.LOGICAL | after & RedirectionEntry.LOGICAL;
        boolean fixed = (after & RedirectionEntry.DELIVERY_MODE) == 0;
        for (int i = 0; i < scans.length; i++) {
            scans[i] |= !fixed
                    || ApicBus.reaches(apics.get(i), IoApic.messageAddress(old))
                    || ApicBus.reaches(apics.get(i), IoApic.messageAddress(after));
        }
    }

    private void scan(int vcpu) {
        if (scans[vcpu]) {
            bitmaps.get(vcpu).load(null, apics.get(vcpu), irqChip::collectEoiExits);
            scans[vcpu] = false;
        }
    }

    /** Whether an entry sent a vector to a processor when it last looked. */
    boolean isScanned(int vcpu, int vector) {
        scan(vcpu);
        return (bitmaps.get(vcpu).word(vector >> 6) & 1L << vector) != 0;
    }

    private void takeEvents(LocalApic apic) {
        if (apic.takeInit()) {
            apic.init();
            requestScans();
        }
        apic.takeSipi();
    }

    LocalApic apic(int vcpu) {
        return apics.get(vcpu);
    }

    List<LocalApic> apics() {
        return apics;
    }

    /** Whether a message is for an APIC. */
    boolean reaches(LocalApic apic, int destination, boolean logical) {
        return bus.matches(apic, destination, logical ? DestinationMode.LOGICAL : DestinationMode.PHYSICAL);
    }

    /** The message that a GSI is routed to. */
    Optional<GsiRoute.Msi> message(int gsi) {
        return routes.stream()
                .filter(route -> route.gsi() == gsi)
                .filter(GsiRoute.Msi.class::isInstance)
                .map(GsiRoute.Msi.class::cast)
                .findFirst();
    }

    /** Whether a resampling irqfd stands behind a pin of the I/O APIC. */
    boolean resamples(int pin) {
        return Shape.TRIGGERS.stream().anyMatch(trigger -> trigger.gsi() == pin && trigger.resamples());
    }

    /** Whether the VMM itself asserts a pin of the I/O APIC. */
    boolean lineIsUp(int pin) {
        return (chips.ioApic().save().sources().get(pin) & 1L << IrqChip.USERSPACE_SOURCE_ID) != 0;
    }

    PicState pic() {
        return chips.pic().save();
    }

    IoApic ioApic() {
        return chips.ioApic();
    }

    @Override
    public long apply(Step step) {
        long result = step.kind().guest() ? applyInGuest(step) : applyOutside(step);
        apics.forEach(this::takeEvents);
        for (int i = 0; i < resamples.size(); i++) {
            resampled[i] += resamples.get(i).read();
        }
        return result;
    }

    private long applyOutside(Step step) {
        switch (step.kind()) {
            case LINE -> {
                return irqChip.irqLine(step.at(), step.value() != 0, IrqChip.USERSPACE_SOURCE_ID);
            }
            case MSI -> {
                return irqChip.signalMsi(step.value(), step.at());
            }
            case SIGNAL -> triggers.get(step.at()).signal();
            case ROUTE -> {
                routes = Shape.changed(routes, step);
                irqChip.setGsiRouting(routes);
            }
            case RELOAD -> {
                LocalApic apic = apics.get(step.vcpu());
                ApicPage.set(apic, ApicPage.get(apic, false), false);
                requestScans();
            }
            default -> throw new IllegalArgumentException("a guest does " + step.kind());
        }
        return 0;
    }

    /** KVM gives the NMIs that wait when a processor enters its guest, and that of its own doing at the next instruction. */
    private long applyInGuest(Step step) {
        takeNmis(step.vcpu());
        scan(step.vcpu());
        long result;
        try {
            result = access(apics.get(step.vcpu()), step);
        } catch (GeneralProtectionFault fault) {
            result = FAULT;
        }
        scan(step.vcpu());
        takeNmis(step.vcpu());
        return result;
    }

    private void takeNmis(int vcpu) {
        LocalApic apic = apics.get(vcpu);
        while (apic.takeNmi()) {
            apic.unblockNmi();
            nmisTaken[vcpu]++;
        }
    }

    private long access(LocalApic apic, Step step) {
        int at = step.at();
        long value = step.value();
        switch (step.kind()) {
            case WRITE_APIC -> writeApic(apic, at, value);
            case READ_APIC -> {
                return apic.x2ApicMode()
                        ? apic.readMsr(ApicRegister.msr(at))
                        : Integer.toUnsignedLong(apic.readRegister(at));
            }
            case IPI -> sendIpi(apic, at, value);
            case WRITE_MSR -> writeMsr(apic, at, value);
            case READ_MSR -> {
                return readMsr(apic, at);
            }
            case WRITE_IOAPIC -> {
                chips.ioApic().write(IoApicRegister.SELECT, WORD, at);
                chips.ioApic().write(IoApicRegister.WINDOW, WORD, value & 0xFFFF_FFFFL);
            }
            case READ_IOAPIC -> {
                chips.ioApic().write(IoApicRegister.SELECT, WORD, at);
                return chips.ioApic().read(IoApicRegister.WINDOW, WORD);
            }
            case WRITE_PORT -> chips.pic().out(at, (int) value);
            case READ_PORT -> {
                return chips.pic().in(at);
            }
            case TAKE -> {
                return take(apic);
            }
            default -> throw new IllegalArgumentException("no guest does " + step.kind());
        }
        return 0;
    }

    private void writeApic(LocalApic apic, int at, long value) {
        if (apic.x2ApicMode()) {
            apic.writeMsr(ApicRegister.msr(at), value & 0xFFFF_FFFFL);
        } else {
            apic.writeRegister(at, (int) value);
            if (at == ApicRegister.ID
                    || at == ApicRegister.LOGICAL_DESTINATION
                    || at == ApicRegister.DESTINATION_FORMAT) {
                // KVM makes its map anew even where nothing changes.
                requestScans();
            }
        }
    }

    private static void sendIpi(LocalApic apic, int low, long destination) {
        if (apic.x2ApicMode()) {
            apic.writeMsr(Msr.X2APIC_ICR, destination << 32 | Integer.toUnsignedLong(low));
        } else {
            apic.writeRegister(ApicRegister.ICR_HIGH, (int) destination << 24);
            apic.writeRegister(ApicRegister.ICR_LOW, low);
        }
    }

    private static void writeMsr(LocalApic apic, int msr, long value) {
        switch (msr) {
            case Msr.IA32_APIC_BASE -> apic.setApicBase(value);
            case Msr.IA32_TSC_DEADLINE -> apic.setTscDeadline(value);
            default -> apic.writeMsr(msr, value);
        }
    }

    private static long readMsr(LocalApic apic, int msr) {
        return switch (msr) {
            case Msr.IA32_APIC_BASE -> apic.apicBase();
            case Msr.IA32_TSC_DEADLINE -> apic.tscDeadline();
            default -> apic.readMsr(msr);
        };
    }

    /** The 8259A goes first. */
    private long take(LocalApic apic) {
        if (chips.pic().output() && apic.acceptsExtInt()) {
            return chips.pic().acknowledge();
        }
        int vector = apic.pendingVector();
        if (vector == LocalApic.NO_VECTOR) {
            return NOTHING;
        }
        apic.acknowledge(vector);
        return vector;
    }

    @Override
    public void read(long[] state) {
        for (int i = 0; i < apics.size(); i++) {
            LocalApic apic = apics.get(i);
            int at = Snapshot.vcpu(i);
            byte[] page = ApicPage.get(apic, false);
            for (int register = 0; register < Snapshot.APIC_REGISTERS; register++) {
                state[at + register] = Integer.toUnsignedLong((int) WORDS.get(page, register << 4));
            }
            state[at + Snapshot.NMIS_PENDING] = apic.pendingNmis();
            state[at + Snapshot.WAITS_FOR_SIPI] = apic.waitingForSipi() ? 1 : 0;
            state[at + Snapshot.NMIS_TAKEN] = nmisTaken[i];
        }
        readIoApic(state, chips.ioApic().save());
        PicState pic = chips.pic().save();
        readPic(state, layout.pic(0), pic.master());
        readPic(state, layout.pic(1), pic.slave());
        System.arraycopy(resampled, 0, state, layout.counter(0), resampled.length);
    }

    private void readIoApic(long[] state, IoApicState ioApic) {
        long lines = 0;
        for (int pin = 0; pin < Shape.IOAPIC_PINS; pin++) {
            state[layout.entry(pin)] = ioApic.entries().get(pin);
            lines |= ioApic.sources().get(pin) != 0 ? 1L << pin : 0;
        }
        state[layout.lines()] = lines;
        state[layout.ioApicId()] = ioApic.id();
        state[layout.select()] = ioApic.select();
    }

    private static void readPic(long[] state, int at, PicState.Chip chip) {
        long[] fields = {
            chip.lines(),
            chip.edges() | chip.lines() & chip.levelTriggered(),
            chip.mask(),
            chip.inService(),
            chip.lowest() + 1 & 7,
            chip.base(),
            bit(chip.readsInService()),
            bit(chip.polled()),
            bit(chip.specialMask()),
            chip.expects(),
            bit(chip.autoEoi()),
            bit(chip.rotatesOnAutoEoi()),
            bit(chip.specialFullyNested()),
            bit(chip.icw4Needed()),
            chip.levelTriggered()
        };
        System.arraycopy(fields, 0, state, at, fields.length);
    }

    private static long bit(boolean set) {
        return set ? 1 : 0;
    }

    @Override
    public void close() {
        triggers.forEach(EventFd::close);
        resamples.forEach(EventFd::close);
    }
}
