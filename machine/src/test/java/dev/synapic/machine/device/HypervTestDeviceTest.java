// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicClock;
import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.interrupts.hyperv.ConnectionTable;
import dev.synapic.interrupts.hyperv.HvHypercallListener;
import dev.synapic.interrupts.hyperv.HvHypercalls;
import dev.synapic.interrupts.hyperv.MessageSlot;
import dev.synapic.interrupts.hyperv.PartitionPrivileges;
import dev.synapic.interrupts.hyperv.SlotTurns;
import dev.synapic.interrupts.hyperv.SynIc;
import dev.synapic.interrupts.hyperv.SynIcPages;
import dev.synapic.interrupts.hyperv.SynIcSet;
import dev.synapic.interrupts.hyperv.TlbFlushPort;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChipListener;
import dev.synapic.interrupts.routing.PinPort;
import dev.synapic.interrupts.routing.SintGsiAllocator;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HvStatus;
import dev.synapic.spec.hyperv.HypercallCode;
import dev.synapic.spec.hyperv.HypercallInput;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands that kvm-unit-tests' x86/hyperv.c writes to port 0x3000. */
class HypervTestDeviceTest {
    private static final int SINT = 8;
    private static final int VECTOR = 0xB0;
    private static final long SIMP = 0x8000;
    private static final long SIEFP = 0x9000;
    private static final long BLOCK = 0x4000;
    private static final ApicClock STOPPED = new ApicClock() {
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

    private final GuestMemory memory = GuestMemory.allocate(1 << 20);
    private final ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE);
    private final SynIcSet set = new SynIcSet(1);
    private final SynIcPages pages = new SynIcPages(1);
    private final SlotTurns turns = new SlotTurns(new MessageSlot(memory), 1);
    private final LocalApic apic = new LocalApic(0, true, bus, STOPPED, ApicListener.NONE);
    private final SynIc synIc = new SynIc(0, apic, bus, memory, turns, pages);
    private final IrqChip chip =
            new IrqChip(IrqChip.Mode.FULL, bus::sendMsi, set, PinPort.ABSENT, IrqChipListener.NONE);
    private final SintGsiAllocator lines = new SintGsiAllocator(chip, 24, 64);
    private final ConnectionTable connections = new ConnectionTable();
    private final HypervTestDevice device = new HypervTestDevice(lines, turns, pages, connections, memory);
    private final HvHypercalls calls = new HvHypercalls(
            set,
            bus,
            memory,
            connections,
            TlbFlushPort.NONE,
            PartitionPrivileges.UNRESTRICTED,
            HvHypercallListener.NONE);

    @BeforeEach
    void start() {
        set.add(synIc);
        apic.writeRegister(0xF0, 0x1FF);
        synIc.activate(SynIc.Activation.SYNIC);
        synIc.write(HvMsr.HV_X64_MSR_SIMP, SIMP | 1);
        synIc.write(HvMsr.HV_X64_MSR_SIEFP, SIEFP | 1);
        synIc.write(HvMsr.HV_X64_MSR_SCONTROL, 1);
        synIc.write(HvMsr.HV_X64_MSR_SINT0 + SINT, VECTOR);
    }

    @AfterEach
    void close() {
        memory.close();
    }

    private void command(int command, int connectionId) {
        device.out(0, 4, connectionId << 24 | command << 16 | SINT);
    }

    private boolean interrupted() {
        int vector = apic.pendingVector();
        if (vector == LocalApic.NO_VECTOR) {
            return false;
        }
        apic.acknowledge(vector);
        apic.eoi();
        return vector == VECTOR;
    }

    private long post(int connectionId) {
        memory.putLong(BLOCK, connectionId);
        memory.putInt(BLOCK + 8, 0x1234_5678);
        memory.putInt(BLOCK + 12, 8);
        return calls.invoke(HypercallCode.HvCallPostMessage, BLOCK, 0, null);
    }

    private long signal(int connectionId) {
        return calls.invoke(HypercallCode.HvCallSignalEvent | HypercallInput.FAST, connectionId, 0, null);
    }

    @Test
    void routeRaisesItsSintUntilItIsDestroyed() {
        command(1, 0);
        command(3, 0);
        assertThat(interrupted()).isTrue();

        command(2, 0);
        command(3, 0);

        assertThat(interrupted()).isFalse();
        assertThat(device.refused()).isEqualTo(1);
        assertThat(lines.size()).isZero();
    }

    @Test
    void messageConnectionSendsOnWhatTheGuestPosts() {
        command(4, 0x90);

        assertThat(post(0x90)).isZero();

        assertThat(memory.getInt(SIMP + SINT * 256)).isEqualTo(0x1234_5678);
        assertThat(interrupted()).isTrue();
        command(5, 0x90);
        assertThat(post(0x90)).isEqualTo(HvStatus.HV_STATUS_INVALID_CONNECTION_ID);
        assertThat(lines.size()).isZero();
    }

    @Test
    void eventConnectionSetsTheFlagOfItsOwnNumber() {
        command(6, 0x21);

        assertThat(signal(0x21)).isZero();
        assertThat(interrupted()).isTrue();
        assertThat(memory.getLong(SIEFP + SINT * 256)).isEqualTo(1L << 0x21);
        assertThat(signal(0x21)).isZero();
        assertThat(interrupted()).as("already set").isFalse();

        command(7, 0x21);
        assertThat(signal(0x21)).isEqualTo(HvStatus.HV_STATUS_INVALID_CONNECTION_ID);
        assertThat(lines.size()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 3, 5, 7, 8, 0xFF})
    void commandsThatMakeNoSenseAreRefused(int command) {
        command(command, 3);

        assertThat(device.refused()).isEqualTo(1);
    }

    /** As with QEMU's device: a route and connections of both kinds may have one SINT; of routes there is one. */
    @Test
    void routeAndConnectionsMayShareASint() {
        command(1, 0);
        command(1, 0);
        assertThat(device.refused()).isEqualTo(1);
        command(4, 3);
        command(4, 4);
        command(6, 3);
        assertThat(device.refused()).isEqualTo(1);

        for (Runnable source : List.<Runnable>of(() -> command(3, 0), () -> post(3), () -> signal(3))) {
            source.run();
            assertThat(interrupted()).isTrue();
        }
        command(5, 3);
        command(5, 4);
        command(7, 3);
        command(2, 0);
        assertThat(lines.size()).isZero();
        assertThat(device.refused()).isEqualTo(1);
    }

    @Test
    void connectionIdsAreTakenByOneAtATimeAndTheLineIsGivenBack() {
        command(4, 3);
        device.out(0, 4, 3 << 24 | 4 << 16 | SINT + 1);
        assertThat(device.refused()).isEqualTo(1);
        assertThat(lines.size()).isEqualTo(1);
        device.out(0, 4, 3 << 24 | 6 << 16 | SINT + 1);
        device.out(0, 4, 3 << 24 | 6 << 16 | SINT + 2);

        assertThat(device.refused())
                .as("a message and an event connection may share an id")
                .isEqualTo(2);
        assertThat(lines.size()).isEqualTo(2);
    }

    @Test
    void portReadsZeroAndTakesWordsOf32Bits() {
        assertThat(device.in(0, 4)).isZero();

        device.out(0, 2, 1);
        device.out(2, 2, 1);
        device.out(0, 1, 1);

        assertThat(device.refused()).isEqualTo(3);
    }
}
