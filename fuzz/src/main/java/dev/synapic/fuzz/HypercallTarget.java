// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.hyperv.HvHypercalls;
import dev.synapic.interrupts.hyperv.HypercallRegisters;
import dev.synapic.interrupts.hyperv.PartitionPrivileges;
import dev.synapic.interrupts.hyperv.XmmRegisters;
import dev.synapic.interrupts.kvm.ClockPairing;
import dev.synapic.interrupts.kvm.KvmFeatures;
import dev.synapic.interrupts.kvm.KvmHypercalls;
import dev.synapic.interrupts.kvm.PvIpi;
import dev.synapic.interrupts.kvm.PvKick;
import dev.synapic.spec.hyperv.HvStatus;
import dev.synapic.spec.hyperv.HypercallCode;
import dev.synapic.spec.hyperv.HypercallInput;
import dev.synapic.spec.kvm.KvmHypercall;
import org.jspecify.annotations.Nullable;

/** Hypercalls of both interfaces with any registers and any memory behind them. A guest gets an answer, always. */
public final class HypercallTarget {
    private static final int[] CODES = {
        HypercallCode.HvCallFlushVirtualAddressSpace,
        HypercallCode.HvCallFlushVirtualAddressList,
        HypercallCode.HvCallNotifyLongSpinWait,
        HypercallCode.HvCallSendSyntheticClusterIpi,
        HypercallCode.HvCallFlushVirtualAddressSpaceEx,
        HypercallCode.HvCallFlushVirtualAddressListEx,
        HypercallCode.HvCallSendSyntheticClusterIpiEx,
        HypercallCode.HvCallPostMessage,
        HypercallCode.HvCallSignalEvent,
        HypercallCode.HvExtCallQueryCapabilities
    };

    private final FuzzedFabric fabric;
    private final FuzzInput input;
    private final Surroundings surroundings;
    private final HvHypercalls hyperv;
    private final KvmHypercalls kvm;
    private final Registers registers = new Registers();

    private HypercallTarget(FuzzedFabric fabric, FuzzInput input) {
        this.fabric = fabric;
        this.input = input;
        this.surroundings = new Surroundings(fabric, input);
        FabricWatch watch = new FabricWatch(fabric.work);
        hyperv = new HvHypercalls(
                fabric.synIcs,
                fabric.bus,
                fabric.memory,
                fabric.connections,
                watch.tlbs(fabric.apics.size()),
                PartitionPrivileges.UNRESTRICTED,
                watch.hypercalls());
        kvm = new KvmHypercalls(
                new PvIpi(fabric.bus),
                new PvKick(fabric.bus, watch::carry),
                new ClockPairing(fabric.memory, fabric.kvmClock, 0, () -> fabric.nanos),
                KvmFeatures.UNRESTRICTED);
    }

    public static void fuzzerTestOneInput(byte[] bytes) {
        FuzzInput input = new FuzzInput(bytes);
        try (FuzzedFabric fabric = new FuzzedFabric(FabricShape.of(input.u16()))) {
            Surroundings.boot(fabric);
            new HypercallTarget(fabric, input).run();
        }
    }

    private void run() {
        while (input.hasMore()) {
            int act = input.u8();
            fabric.request();
            switch (act & 7) {
                case 0 -> surroundings.act();
                case 1 -> memory();
                case 2, 3 -> kvm();
                default -> hyperv();
            }
            fabric.checkApics();
            fabric.run();
        }
        fabric.checkedState();
    }

    private long gpa() {
        long page = (long) input.u8() << GuestMemory.PAGE_SHIFT;
        return page + (input.u16() & 0xFF8);
    }

    /** Up to 32 words somewhere in RAM. */
    private void memory() {
        long gpa = gpa();
        int words = input.below(33);
        for (int i = 0; i < words && fabric.memory.contains(gpa, Long.BYTES); i++) {
            fabric.memory.putLong(gpa, input.value());
            gpa += Long.BYTES;
        }
    }

    private void kvm() {
        boolean plain = input.flag();
        long number = plain ? KvmHypercall.KVM_HC_SEND_IPI : input.value();
        kvm.call(
                input.flag(),
                plain ? 0 : input.below(4),
                number,
                input.value(),
                input.value(),
                input.value(),
                input.value());
    }

    private void hyperv() {
        boolean longMode = input.flag();
        registers.hasXmm = input.flag();
        long control = input.flag() ? input.i64() : control();
        long in = input.flag() ? input.value() : gpa();
        long out = input.flag() ? input.value() : gpa();
        registers.load(longMode, control, in, out);
        for (int i = 0; i < XmmRegisters.WORDS && registers.hasXmm; i++) {
            registers.words[i] = input.value();
        }
        call(longMode, control);
    }

    /** A control word that has a chance. */
    private long control() {
        int code = CODES[input.below(CODES.length)];
        boolean fast = input.flag();
        long variable = input.below(8) == 0 ? input.u16() & HypercallInput.VARIABLE_HEADER_MASK : input.below(4);
        long count = input.below(2) == 0 ? 0 : input.u16() & HypercallInput.REP_MASK;
        long start = input.below(4) == 0 ? input.u16() & HypercallInput.REP_MASK : 0;
        return code
                | (fast ? HypercallInput.FAST : 0)
                | variable << HypercallInput.VARIABLE_HEADER_SHIFT
                | count << HypercallInput.REP_COUNT_SHIFT
                | start << HypercallInput.REP_START_SHIFT;
    }

    /** Until it is done: each continuation must get further. */
    private void call(boolean longMode, long control) {
        HvHypercalls.Answer answer = HvHypercalls.Answer.AGAIN;
        long at = new HypercallInput(control).repStart();
        while (answer == HvHypercalls.Answer.AGAIN) {
            fabric.work.begin();
            answer = hyperv.call(registers, longMode);
            long start = new HypercallInput(registers.control(longMode)).repStart();
            if (answer == HvHypercalls.Answer.AGAIN && start <= at) {
                throw new AssertionError("call 0x%x goes on from %d after %d".formatted(control, start, at));
            }
            at = start;
        }
        if (answer == HvHypercalls.Answer.DONE) {
            checkResult(registers.result(longMode), new HypercallInput(control));
        }
    }

    private static void checkResult(long result, HypercallInput control) {
        int status = (int) result & 0xFFFF;
        int reps = (int) (result >>> HypercallInput.REP_COUNT_SHIFT) & HypercallInput.REP_MASK;
        boolean success = status == HvStatus.HV_STATUS_SUCCESS;
        if (success ? reps != control.repCount() : reps != 0) {
            throw new AssertionError("call 0x%x ends with 0x%x".formatted(control.bits(), result));
        }
    }

    /** A caller's. */
    private static final class Registers implements HypercallRegisters {
        private final long[] general = new long[16];
        private final long[] words = new long[XmmRegisters.WORDS];
        private boolean hasXmm;

        void load(boolean longMode, long control, long in, long out) {
            if (longMode) {
                general[RCX] = control;
                general[RDX] = in;
                general[R8] = out;
            } else {
                general[RDX] = control >>> 32;
                general[RAX] = control & 0xFFFF_FFFFL;
                general[RBX] = in >>> 32;
                general[RCX] = in & 0xFFFF_FFFFL;
                general[RDI] = out >>> 32;
                general[RSI] = out & 0xFFFF_FFFFL;
            }
        }

        long control(boolean longMode) {
            return longMode ? general[RCX] : result(false);
        }

        long result(boolean longMode) {
            return longMode ? general[RAX] : general[RDX] << 32 | general[RAX] & 0xFFFF_FFFFL;
        }

        @Override
        public long get(int register) {
            return general[register];
        }

        @Override
        public void set(int register, long value) {
            general[register] = value;
        }

        @Override
        public @Nullable XmmRegisters xmm() {
            return hasXmm ? new Words() : null;
        }

        private final class Words implements XmmRegisters {
            @Override
            public long get(int word) {
                return words[word];
            }

            @Override
            public void set(int word, long value) {
                words[word] = value;
            }
        }
    }
}
