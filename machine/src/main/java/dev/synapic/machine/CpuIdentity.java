// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

/**
 * Who a processor says it is: what CPUID leaves 0, 1 and 0x80000002 to 0x80000004 tell.
 *
 * @param vendor twelve characters, or empty for the vendor of the hardware profile
 * @param level the last basic leaf, or 0 for the usual one of the vendor
 */
public record CpuIdentity(String vendor, int family, int model, int stepping, String brand, int level) {
    static final String INTEL = "GenuineIntel";
    static final String AMD = "AuthenticAMD";
    /** The largest values that leaf 1 can say. */
    static final int LARGEST_FAMILY = 15 + 0xFF;

    static final int LARGEST_MODEL = 0xFF;
    static final int LARGEST_STEPPING = 0xF;
    static final int LARGEST_LEVEL = 0xFF;
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

    CpuIdentity(String vendor, int family, int model, int stepping, String brand) {
        this(vendor, family, model, stepping, brand, 0);
    }

    CpuIdentity withVendor(String other) {
        return new CpuIdentity(other, family, model, stepping, brand, level);
    }

    CpuIdentity withBrand(String other) {
        return new CpuIdentity(vendor, family, model, stepping, other, level);
    }

    CpuIdentity withFamily(int other) {
        return new CpuIdentity(vendor, other, model, stepping, brand, level);
    }

    CpuIdentity withModel(int other) {
        return new CpuIdentity(vendor, family, other, stepping, brand, level);
    }

    CpuIdentity withStepping(int other) {
        return new CpuIdentity(vendor, family, model, other, brand, level);
    }

    CpuIdentity withLevel(int other) {
        return new CpuIdentity(vendor, family, model, stepping, brand, other);
    }

    /** EAX of leaf 1: extended family and model where family or model do not fit (SDM vol. 2A, CPUID). */
    int signature() {
        int baseFamily = Math.min(family, LARGEST_BASE_FAMILY);
        int extendedFamily = family - baseFamily;
        return extendedFamily << 20 | (model >> 4) << 16 | baseFamily << 8 | (model & 0xF) << 4 | stepping;
    }
}
