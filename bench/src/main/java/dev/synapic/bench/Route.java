// SPDX-License-Identifier: Apache-2.0
package dev.synapic.bench;

import dev.synapic.spec.hyperv.HvVpSet;
import dev.synapic.spec.hyperv.HypercallCode;
import dev.synapic.spec.hyperv.HypercallInput;
import dev.synapic.spec.kvm.KvmHypercall;
import dev.synapic.spec.x86.DestinationShorthand;
import dev.synapic.spec.x86.Icr;

/** The ways by which processor 0 reaches the other 79. */
public enum Route {
    /** x2APIC physical addressing: a message for each target. */
    PHYSICAL {
        @Override
        int send(Processors all, int vector) {
            int accepted = 0;
            for (long target = 1; target < Processors.COUNT; target++) {
                accepted += all.bus().sendIpi(all.sender(), target << 32 | Icr.LEVEL_ASSERT | vector);
            }
            return accepted;
        }
    },
    /** x2APIC cluster addressing: a message for each 16 targets. */
    CLUSTER {
        @Override
        int send(Processors all, int vector) {
            int accepted = 0;
            for (long cluster = 0; cluster < Processors.COUNT / 16; cluster++) {
                long members = cluster == 0 ? 0xFFFE : 0xFFFF;
                long destination = cluster << 16 | members;
                accepted +=
                        all.bus().sendIpi(all.sender(), destination << 32 | Icr.LOGICAL | Icr.LEVEL_ASSERT | vector);
            }
            return accepted;
        }
    },
    /** The all-but-self shorthand: one message. */
    SHORTHAND {
        @Override
        int send(Processors all, int vector) {
            long icr = DestinationShorthand.ALL_EXCLUDING_SELF.bits() | Icr.LEVEL_ASSERT | vector;
            return all.bus().sendIpi(all.sender(), icr);
        }
    },
    /** KVM_HC_SEND_IPI: one hypercall. */
    PV_IPI {
        @Override
        int send(Processors all, int vector) {
            long low = -2L;
            long high = (1L << Processors.COUNT - 64) - 1;
            return (int) all.kvm().call(true, 0, KvmHypercall.KVM_HC_SEND_IPI, low, high, 0, vector);
        }
    },
    /** HvCallSendSyntheticClusterIpiEx with a sparse set of two banks: one hypercall. */
    HV_IPI {
        private static final long BLOCK = 0x1000;
        private static final int SET = 8;
        private static final long TWO_BANKS = 2L << HypercallInput.VARIABLE_HEADER_SHIFT;

        @Override
        void prepare(Processors all, int vector) {
            all.ram().putLong(BLOCK, vector);
            all.ram().putLong(BLOCK + SET + HvVpSet.FORMAT_OFFSET, HvVpSet.FORMAT_SPARSE_4K);
            all.ram().putLong(BLOCK + SET + HvVpSet.VALID_BANKS_OFFSET, 3);
            all.ram().putLong(BLOCK + SET + HvVpSet.BANKS_OFFSET, -2L);
            all.ram().putLong(BLOCK + SET + HvVpSet.BANKS_OFFSET + 8, (1L << Processors.COUNT - 64) - 1);
        }

        // The call reports a status only.
        @Override
        int send(Processors all, int vector) {
            long result =
                    all.hyperv().invoke(HypercallCode.HvCallSendSyntheticClusterIpiEx | TWO_BANKS, BLOCK, 0, null);
            return result == 0 ? Processors.COUNT - 1 : 0;
        }
    };

    /** What the guest does once. */
    void prepare(Processors all, int vector) {}

    /** Returns how many targets accepted. */
    abstract int send(Processors all, int vector);
}
