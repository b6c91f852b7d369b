// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_HYPERCALL_INPUT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.hyperv.HypercallCode;
import dev.synapic.spec.hyperv.HypercallInput;
import org.junit.jupiter.api.Test;

/** TLFS, "XMM Fast Hypercall Output". */
class FastHypercallOutputTest {
    private static final long FAST = HypercallInput.FAST;

    private final VirtualProcessors vps = new VirtualProcessors(1, SynIcListener.NONE);
    private final HvHypercalls calls = calls(PartitionPrivileges.UNRESTRICTED);

    private HvHypercalls calls(PartitionPrivileges privileges) {
        return new HvHypercalls(
                vps.set,
                vps.bus,
                vps.memory,
                new ConnectionTable(),
                TlbFlushPort.NONE,
                privileges,
                HvHypercallListener.NONE);
    }

    /** 64-bit callers find it in the registers behind the input, of which there is none. */
    @Test
    void fastCallHasItsOutputInRegisters() {
        GivenRegisters registers = new GivenRegisters();
        registers.set(HypercallRegisters.RCX, HypercallCode.HvExtCallQueryCapabilities | FAST);
        registers.set(HypercallRegisters.RDX, 5);
        registers.set(HypercallRegisters.R8, 6);

        assertThat(calls.call(registers, true)).isEqualTo(HvHypercalls.Answer.DONE);

        assertThat(registers.get(HypercallRegisters.RAX)).isZero();
        assertThat(registers.get(HypercallRegisters.RDX)).as("no capability").isZero();
        assertThat(registers.get(HypercallRegisters.R8)).as("kept").isEqualTo(6);
    }

    @Test
    void outputInRegistersMustBeOfferedAndIsFor64BitCallersOnly() {
        GivenRegisters registers = new GivenRegisters();
        registers.set(HypercallRegisters.RAX, HypercallCode.HvExtCallQueryCapabilities | FAST);
        assertThat(calls.call(registers, false)).isEqualTo(HvHypercalls.Answer.DONE);
        assertThat(registers.get(HypercallRegisters.RAX)).isEqualTo(HV_STATUS_INVALID_HYPERCALL_INPUT);

        registers.set(HypercallRegisters.RCX, HypercallCode.HvExtCallQueryCapabilities | FAST);
        PartitionPrivileges withoutOutput = new PartitionPrivileges(-1, -1, ~(1 << 15), -1, 0, true);
        assertThat(calls(withoutOutput).call(registers, true)).isEqualTo(HvHypercalls.Answer.UNDEFINED);
    }

    /** The places that results of a longer call would have: 20 bytes of input leave 80 for them. */
    @Test
    void outputBeginsBehindTheInputRoundedUpTo16Bytes() {
        HypercallBlock block = new HypercallBlock(vps.memory);
        XmmWords xmm = new XmmWords();
        block.load(FAST, 1, 2, xmm);

        assertThat(block.placeFastOutput(20, 80)).isTrue();
        block.putQword(0, 7);
        block.putQword(72, 8);
        assertThat(xmm.get(1)).isEqualTo(0xBAD);
        assertThat(xmm.get(2)).isEqualTo(7);
        assertThat(xmm.get(11)).isEqualTo(8);
        assertThat(block.placeFastOutput(20, 88)).isFalse();
        assertThat(block.placeFastOutput(0, 16)).isTrue();
        block.putQword(0, 3);
        block.putQword(8, 4);
        assertThat(block.input()).isEqualTo(3);
        assertThat(block.output()).isEqualTo(4);
    }
}
