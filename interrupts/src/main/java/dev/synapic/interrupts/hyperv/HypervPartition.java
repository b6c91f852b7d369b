// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.spec.hyperv.HvCrashControl;
import java.util.List;

/**
 * The machine-wide registers of the Hyper-V interface: who the guest is, its hypercall page, time, crash, reset.
 *
 * <ul>
 *   <li>Models: GUEST_OS_ID, HYPERCALL (code is written into the page that the guest names), the reference time with
 *       its page ({@link ReferenceTime}), the two frequencies, the crash and re-enlightenment registers,
 *       RESET through a port; the partition's privileges.
 *   <li>Spec: TLFS, "Establishing the Hypercall Interface", "Partition Privilege Flags".
 *   <li>Not modelled: protection of the hypercall page against writes; in RAM ({@link OverlayPages.Pages#IN_RAM}) its
 *       code stays after disabling.
 *   <li>Threading: any vCPU's thread; guests write these registers once, from one VP.
 * </ul>
 */
public final class HypervPartition {
    private static final long HYPERCALL_ENABLE = 1;
    private static final long HYPERCALL_LOCKED = 2;
    private static final long GPA_MASK = ~0xFFFL;

    /** Which instruction the hypercall page holds. */
    public enum HypercallInstruction {
        /** Intel. */
        VMCALL(new byte[] {0x0F, 0x01, (byte) 0xC1, (byte) 0xC3}),
        /** AMD. */
        VMMCALL(new byte[] {0x0F, 0x01, (byte) 0xD9, (byte) 0xC3});

        /** The instruction and RET. */
        @SuppressWarnings("ImmutableEnumChecker") // the array never leaves
        private final byte[] code;

        HypercallInstruction(byte[] code) {
            this.code = code;
        }
    }

    private final GuestMemory memory;
    private final HypercallInstruction instruction;
    private final ReferenceTime time;
    private final long apicHz;
    private final PartitionPrivileges privileges;
    private final PartitionPort port;
    private final OverlayPages overlays;
    private final OverlayPage hypercallPage;
    private final CrashRegisters crash;
    private final Reenlightenment reenlightenment = new Reenlightenment();
    private volatile long guestOsId;
    private volatile long hypercall;

    /** apicHz is the APIC timer's rate before its divider. Pages are in RAM. */
    public HypervPartition(
            GuestMemory memory,
            HypercallInstruction instruction,
            ReferenceTime time,
            long apicHz,
            PartitionPrivileges privileges,
            PartitionPort port) {
        this(memory, instruction, time, apicHz, privileges, new OverlayPages(memory, OverlayPages.Pages.IN_RAM), port);
    }

    /** overlays are the machine's: the same as those of its processors and of its time, and saved here. */
    public HypervPartition(
            GuestMemory memory,
            HypercallInstruction instruction,
            ReferenceTime time,
            long apicHz,
            PartitionPrivileges privileges,
            OverlayPages overlays,
            PartitionPort port) {
        this.memory = memory;
        this.instruction = instruction;
        this.time = time;
        this.apicHz = apicHz;
        this.privileges = privileges;
        this.overlays = overlays;
        this.hypercallPage = overlays.page();
        this.port = port;
        this.crash = new CrashRegisters(memory, port);
    }

    /** Whether VMCALL belongs to this interface: a guest announces itself first. */
    public boolean hypercallsEnabled() {
        return guestOsId != 0;
    }

    /** GUEST_OS_ID as it was written; 0 while the guest has not announced itself. */
    public long guestOsId() {
        return guestOsId;
    }

    /** 0 takes the hypercall page away. */
    public synchronized void setGuestOsId(long value) {
        guestOsId = value;
        if (value == 0) {
            hypercall &= ~HYPERCALL_ENABLE;
            hypercallPage.moveTo(hypercall);
        }
    }

    /** HYPERCALL: enable in bit 0, locked in bit 1, the page's number in 63:12. */
    public long hypercall() {
        return hypercall;
    }

    /** Ignored while the guest has not announced itself; #GP once locked, and where the page is not RAM. */
    public synchronized void setHypercall(long value) {
        if (guestOsId == 0) {
            return;
        }
        if ((hypercall & HYPERCALL_LOCKED) != 0) {
            throw generalProtection();
        }
        if ((value & HYPERCALL_ENABLE) != 0) {
            long page = value & GPA_MASK;
            if (!memory.contains(page, GuestMemory.PAGE_SIZE)) {
                throw generalProtection();
            }
            hypercallPage.moveTo(value);
            memory.putBytes(page, instruction.code);
        } else {
            hypercallPage.moveTo(value);
        }
        hypercall = value;
    }

    /** The reference time and its page, which all processors share. */
    public ReferenceTime time() {
        return time;
    }

    /** What the guest may use, fixed when the partition was made. */
    public PartitionPrivileges privileges() {
        return privileges;
    }

    PartitionPort port() {
        return port;
    }

    CrashRegisters crash() {
        return crash;
    }

    Reenlightenment reenlightenment() {
        return reenlightenment;
    }

    /** APIC_FREQUENCY: the APIC timer's rate in Hz before its divider. */
    public long apicHz() {
        return apicHz;
    }

    /** System reset; unlocks. The reference time goes on. */
    public synchronized void reset() {
        guestOsId = 0;
        hypercall = 0;
        hypercallPage.moveTo(0);
        time.reset();
        crash.reset();
        reenlightenment.reset();
    }

    /** All registers, and what is under overlays, for save and restore; restoring writes no guest memory. */
    public record State(
            int version,
            long guestOsId,
            long hypercall,
            ReferenceTime.State time,
            List<Long> crashParameters,
            long reenlightenmentControl,
            long tscEmulationControl,
            OverlayPages.State overlays) {
        public static final int CURRENT_VERSION = 4;

        /** Throws IllegalArgumentException for another version or number of crash parameters. */
        public State {
            if (version != CURRENT_VERSION) {
                throw new IllegalArgumentException(
                        "partition state version " + version + " is unknown; this build reads " + CURRENT_VERSION);
            }
            crashParameters = List.copyOf(crashParameters);
            if (crashParameters.size() != HvCrashControl.PARAMETERS) {
                throw new IllegalArgumentException("a partition has " + HvCrashControl.PARAMETERS
                        + " crash parameters, the state has " + crashParameters.size());
            }
        }
    }

    /** All registers; the hypercall page is guest memory and travels with it. */
    public synchronized State save() {
        return new State(
                State.CURRENT_VERSION,
                guestOsId,
                hypercall,
                time.save(),
                crash.save(),
                reenlightenment.control(),
                reenlightenment.emulationControl(),
                overlays.save());
    }

    /** Takes all registers over. Writes no guest memory, tells the port nothing. */
    public synchronized void restore(State state) {
        overlays.restore(state.overlays());
        guestOsId = state.guestOsId();
        hypercall = state.hypercall();
        time.restore(state.time());
        crash.restore(state.crashParameters());
        reenlightenment.restore(state.reenlightenmentControl(), state.tscEmulationControl());
    }
}
