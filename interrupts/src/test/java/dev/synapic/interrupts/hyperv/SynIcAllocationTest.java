// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.ApicRequest;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.interrupts.routing.EventFd;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChipListener;
import dev.synapic.interrupts.routing.PinPort;
import dev.synapic.interrupts.routing.SintGsiAllocator;
import dev.synapic.interrupts.routing.SintLine;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HvStimerConfig;
import dev.synapic.spec.hyperv.HypercallCode;
import dev.synapic.spec.hyperv.HypercallInput;
import org.junit.jupiter.api.Test;

/** An interrupt allocates nothing, whichever way it takes. */
class SynIcAllocationTest {
    private static final int VPS = 80;
    private static final int VECTOR = 0x61;
    private static final long BLOCK = 0x4000;

    private final SynIcSet set = new SynIcSet(VPS);
    private final IrqChip chip =
            new IrqChip(IrqChip.Mode.SPLIT, (address, data) -> 0, set, PinPort.ABSENT, IrqChipListener.NONE);
    private final VirtualProcessors vps = new VirtualProcessors(VPS, set, Transit.IMMEDIATE, new SynIcListener() {
        @Override
        public void sintAcknowledged(SynIc synIc, int sint, Cause cause) {
            chip.acknowledgeSint(synIc.vpIndex(), sint);
        }
    });
    private final ConnectionTable connections = new ConnectionTable();
    private final HvHypercalls calls = new HvHypercalls(
            set,
            vps.bus,
            vps.memory,
            connections,
            TlbFlushPort.NONE,
            PartitionPrivileges.UNRESTRICTED,
            HvHypercallListener.NONE);

    private static void allocatesNothing(Runnable action) throws ReflectiveOperationException {
        assertThat(new AllocatedBytes().perCall(action)).as("bytes per call").isLessThan(1);
    }

    private SynIc runningSynIc() {
        SynIc synIc = vps.synIc(0);
        synIc.activate(SynIc.Activation.SYNIC);
        synIc.write(HvMsr.HV_X64_MSR_SIEFP, VirtualProcessors.SIEFP_PAGE | 1);
        synIc.write(HvMsr.HV_X64_MSR_SCONTROL, 1);
        synIc.write(HvMsr.HV_X64_MSR_SINT0 + 2, VECTOR);
        return synIc;
    }

    @Test
    void theMeasureSeesAnAllocation() throws ReflectiveOperationException {
        Object[] kept = new Object[1];

        assertThat(new AllocatedBytes().perCall(() -> kept[0] = new byte[16])).isGreaterThanOrEqualTo(16);
    }

    @Test
    void raiseAcknowledgeAndEoiAllocateNothing() throws ReflectiveOperationException {
        SynIc synIc = runningSynIc();

        allocatesNothing(() -> {
            synIc.raise(2);
            vps.take(0);
            synIc.apic().eoi();
        });
    }

    @Test
    void wayThroughIrqfdAndResamplerAllocatesNothing() throws ReflectiveOperationException {
        SynIc synIc = runningSynIc();
        int[] heard = new int[1];
        SintLine line = new SintGsiAllocator(chip, 2000, 2100).open(0, 2, () -> heard[0]++);

        allocatesNothing(() -> {
            line.raise();
            vps.take(0);
            synIc.apic().eoi();
        });

        assertThat(heard[0]).isPositive();
    }

    @Test
    void endOfMessageAllocatesNothing() throws ReflectiveOperationException {
        SynIc synIc = runningSynIc();
        new SintGsiAllocator(chip, 2000, 2100).open(0, 2, () -> {});

        allocatesNothing(() -> synIc.write(HvMsr.HV_X64_MSR_EOM, 0));
    }

    @Test
    void eventSignalAllocatesNothing() throws ReflectiveOperationException {
        SynIc synIc = runningSynIc();

        allocatesNothing(() -> {
            synIc.signalEvent(2, 77);
            vps.memory.putLong(VirtualProcessors.SIEFP_PAGE + 2 * 256 + 8, 0);
        });
    }

    @Test
    void postedMessageAllocatesNothing() throws ReflectiveOperationException {
        MessageSlot slots = new MessageSlot(vps.memory);
        SynIcMessage message = new SynIcMessage(1, 0, new byte[24]);
        long slot = VirtualProcessors.SIMP_PAGE + 2 * 256;

        allocatesNothing(() -> {
            slots.post(VirtualProcessors.SIMP_PAGE | 1, 2, message);
            vps.memory.putInt(slot, 0);
        });
    }

    @Test
    void clusterIpisAllocateNothing() throws ReflectiveOperationException {
        vps.memory.putLong(BLOCK, 0xF3);
        vps.memory.putLong(BLOCK + 8, 0);
        vps.memory.putLong(BLOCK + 16, 0b11);
        vps.memory.putLong(BLOCK + 24, -1);
        vps.memory.putLong(BLOCK + 32, 0xFFFF);
        long fast = HypercallCode.HvCallSendSyntheticClusterIpi | HypercallInput.FAST;
        long sparse = HypercallCode.HvCallSendSyntheticClusterIpiEx | 2L << HypercallInput.VARIABLE_HEADER_SHIFT;

        allocatesNothing(() -> {
            calls.invoke(fast, 0xF3, -1, null);
            calls.invoke(sparse, BLOCK, 0, null);
        });
    }

    @Test
    void flushesAllocateNothing() throws ReflectiveOperationException {
        vps.memory.putLong(BLOCK, 0x12_3000);
        vps.memory.putLong(BLOCK + 8, 0);
        vps.memory.putLong(BLOCK + 16, 0b11);
        vps.memory.putLong(BLOCK + 24, 0x5000);
        vps.memory.putLong(BLOCK + 32, 0x7003);
        long list = HypercallCode.HvCallFlushVirtualAddressList | 2L << HypercallInput.REP_COUNT_SHIFT;

        allocatesNothing(() -> {
            calls.invoke(HypercallCode.HvCallFlushVirtualAddressSpace, BLOCK, 0, null);
            calls.invoke(list, BLOCK, 0, null);
        });
    }

    @Test
    void signalledConnectionAllocatesNothing() throws ReflectiveOperationException {
        EventFd eventFd = new EventFd();
        connections.assignEventFd(0x12_3456, eventFd);
        long signal = HypercallCode.HvCallSignalEvent | HypercallInput.FAST;

        allocatesNothing(() -> calls.invoke(signal, 0x12_3456, 0, null));

        assertThat(eventFd.read()).isPositive();
    }

    @Test
    void directTimerAllocatesNothing() throws ReflectiveOperationException {
        SynIc synIc = runningSynIc();
        ManualReferenceClock clock = new ManualReferenceClock();
        SyntheticTimers timers = new SyntheticTimers(synIc, clock);
        timers.write(HvMsr.HV_X64_MSR_STIMER0_CONFIG, HvStimerConfig.AUTO_ENABLE | HvStimerConfig.DIRECT | 0xF3 << 4);

        allocatesNothing(() -> {
            timers.write(HvMsr.HV_X64_MSR_STIMER0_COUNT, clock.now + 10);
            clock.now += 10;
            timers.expire();
            vps.take(0);
            synIc.apic().eoi();
        });

        assertThat(timers.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void lazyEoiAllocatesNothing() throws ReflectiveOperationException {
        LocalApic apic = vps.apic(0);
        VpAssistPage assist = new VpAssistPage(apic, vps.memory, vector -> false);
        assist.write(0x6001);

        allocatesNothing(() -> {
            apic.arrive(ApicRequest.fixed(0x51));
            vps.take(0);
            assist.offer();
            vps.memory.putInt(0x6000, 0);
            assist.collect();
        });

        assertThat(apic.highestInService()).isEqualTo(LocalApic.NO_VECTOR);
    }
}
