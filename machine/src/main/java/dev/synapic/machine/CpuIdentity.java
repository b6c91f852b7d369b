// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

/**
 * Who a processor says it is: what CPUID leaves 0, 1 and 0x80000002 to 0x80000004 tell.
 *
 * @param vendor twelve characters, or empty for the vendor of the hardware profile
 */
public record CpuIdentity(String vendor, int family, int model, int stepping, String brand) {
    static final String INTEL = "GenuineIntel";
    static final String AMD = "AuthenticAMD";
    private static final int VENDOR_LENGTH = 12;
    private static final int BRAND_LENGTH = 48;
    private static final int LARGEST_BASE_FAMILY = 15;

    public CpuIdentity {
        if (!vendor.isEmpty() && vendor.length() != VENDOR_LENGTH) {
            throw new ConfigurationException(
                    "-cpu vendor '%s': a vendor has %d characters, as %s".formatted(vendor, VENDOR_LENGTH, INTEL));
        }
        if (brand.length() >= BRAND_LENGTH) {
            throw new ConfigurationException("-cpu model-id: at most %d characters".formatted(BRAND_LENGTH - 1));
        }
    }

    CpuIdentity withVendor(String other) {
        return new CpuIdentity(other, family, model, stepping, brand);
    }

    /** EAX of leaf 1: extended family and model where family or model do not fit (SDM vol. 2A, CPUID). */
    int signature() {
        int baseFamily = Math.min(family, LARGEST_BASE_FAMILY);
        int extendedFamily = family - baseFamily;
        return extendedFamily << 20 | (model >> 4) << 16 | baseFamily << 8 | (model & 0xF) << 4 | stepping;
    }
}
