// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.spec.x86.Msr;

/** MSRs that are there or not as the CPU model says, and that do nothing but hold values (SDM vol. 4, table 2-2). */
final class ModelMsrs {
    /** Branch trace storage and precise sampling are not available: read only. */
    private static final long MISC_UNAVAILABLE = 0x1880;

    private static final long FAST_STRINGS = 1;
    /** Fast strings, thermal control, SpeedStep, MONITOR, CPUID limit, xTPR and execute-disable. */
    private static final long MISC_WRITABLE = 0x4_00C5_0009L;

    private static final long MISC_RESET = 0x1800 | FAST_STRINGS;
    /**
     * An interpreter does not speculate, so it is not vulnerable to any of it (bits of IA32_ARCH_CAPABILITIES: SDM vol. 4, table 2-2):
     * RDCL_NO, SKIP_L1DFL_VMENTRY, SSB_NO, MDS_NO, IF_PSCHANGE_MC_NO, TAA_NO, SBDR_SSDP_NO, FBSDP_NO, PSDP_NO, BHI_NO, PBRSB_NO, GDS_NO,
     * RFDS_NO and ITS_NO.
     */
    private static final long CAPABILITIES = 0x179 | 0x7L << 13 | 1L << 20 | 1L << 24 | 1L << 26 | 1L << 27 | 1L << 62;

    /** Setting IA32_SPEC_CTRL.IBRS once is enough. */
    private static final long IBRS_ALL = 1 << 1;
    /** Of stepping 4 of Skylake's servers, behind all errata that guests look for; in the register's high half. */
    private static final long MICROCODE_REVISION = 0x0200_7006L << 32;

    private static final int AMD_COUNTER_REGISTERS = 8;
    private static final long IBRS = 1, STIBP = 2, SSBD = 4;

    private final CpuModel model;
    private final boolean amd;
    private final MemoryTypeMsrs memoryTypes = new MemoryTypeMsrs();
    private final MachineCheckMsrs machineChecks = new MachineCheckMsrs();
    /** Event selects and counters of AMD's processors: they count nothing. */
    private final long[] amdCounters = new long[AMD_COUNTER_REGISTERS];

    private long miscEnable = MISC_RESET;
    private long speculationControl;
    private long hardwareConfiguration;

    ModelMsrs(CpuModel model, boolean amd) {
        this.model = model;
        this.amd = amd;
    }

    long read(int msr) {
        if (model.has(CpuFeature.MTRR) && memoryTypes.has(msr)) {
            return memoryTypes.read(msr);
        }
        if (model.has(CpuFeature.MCA) && machineChecks.has(msr)) {
            return machineChecks.read(msr);
        }
        if (isCounter(msr)) {
            return amdCounters[msr - Msr.AMD_PERF_EVTSEL0];
        }
        return switch (msr) {
            case Msr.IA32_MISC_ENABLE -> miscEnable;
            case Msr.IA32_BIOS_SIGN_ID -> amd ? 0 : MICROCODE_REVISION;
            case Msr.IA32_PLATFORM_ID, Msr.IA32_DEBUGCTL -> 0;
            case Msr.IA32_SPEC_CTRL -> {
                require(speculationBits() != 0);
                yield speculationControl;
            }
            case Msr.IA32_ARCH_CAPABILITIES -> {
                require(model.has(CpuFeature.ARCH_CAPABILITIES));
                yield model.has(CpuFeature.SPEC_CTRL) ? CAPABILITIES | IBRS_ALL : CAPABILITIES;
            }
            case Msr.AMD_HWCR -> {
                require(amd);
                yield hardwareConfiguration;
            }
            case Msr.AMD_SYSCFG -> {
                require(amd);
                yield 0;
            }
            default -> throw generalProtection();
        };
    }

    void write(int msr, long value) {
        if (model.has(CpuFeature.MTRR) && memoryTypes.has(msr)) {
            memoryTypes.write(msr, value);
            return;
        }
        if (model.has(CpuFeature.MCA) && machineChecks.has(msr)) {
            machineChecks.write(msr, value);
            return;
        }
        if (isCounter(msr)) {
            amdCounters[msr - Msr.AMD_PERF_EVTSEL0] = value;
            return;
        }
        switch (msr) {
            case Msr.IA32_MISC_ENABLE -> {
                require((value & ~(MISC_WRITABLE | MISC_UNAVAILABLE | 1 << 11)) == 0);
                miscEnable = value & MISC_WRITABLE | miscEnable & ~MISC_WRITABLE;
            }
            // Without an update facility they are written before the version is read, and nothing else.
            case Msr.IA32_BIOS_SIGN_ID, Msr.IA32_BIOS_UPDT_TRIG -> {}
            case Msr.IA32_DEBUGCTL -> require(value == 0);
            case Msr.IA32_SPEC_CTRL -> {
                require(speculationBits() != 0 && (value & ~speculationBits()) == 0);
                speculationControl = value;
            }
            case Msr.IA32_PRED_CMD -> require(model.has(CpuFeature.SPEC_CTRL) && value >>> 1 == 0);
            case Msr.IA32_FLUSH_CMD -> require(model.has(CpuFeature.FLUSH_L1D) && value >>> 1 == 0);
            case Msr.AMD_HWCR -> {
                require(amd);
                hardwareConfiguration = value;
            }
            default -> throw generalProtection();
        }
    }

    private boolean isCounter(int msr) {
        return amd && msr >= Msr.AMD_PERF_EVTSEL0 && msr < Msr.AMD_PERF_EVTSEL0 + AMD_COUNTER_REGISTERS;
    }

    private long speculationBits() {
        return (model.has(CpuFeature.SPEC_CTRL) ? IBRS : 0)
                | (model.has(CpuFeature.STIBP) ? STIBP : 0)
                | (model.has(CpuFeature.SSBD) ? SSBD : 0);
    }

    private static void require(boolean good) {
        if (!good) {
            throw generalProtection();
        }
    }
}
