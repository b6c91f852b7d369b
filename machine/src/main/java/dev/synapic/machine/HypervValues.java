// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What the {@code hv-*} flags of {@code -cpu} say that have a value, with QEMU's names and defaults.
 *
 * @param vendorName up to twelve characters: {@code hv-vendor-id}
 * @param version {@code hv-version-id-*}, by field; what is not said has its default
 * @param spinRetries {@code hv-spinlocks}, unsigned: attempts to take a lock before HvCallNotifyLongSpinWait
 */
public record HypervValues(String vendorName, Map<VersionField, Integer> version, int spinRetries) {
    /** A field of CPUID leaf 0x40000002. */
    public enum VersionField {
        BUILD(0xFFFF_FFFFL, 0x3839),
        MAJOR(0xFFFF, 10),
        MINOR(0xFFFF, 0),
        SPACK(0xFFFF_FFFFL, 0),
        SBRANCH(0xFF, 0),
        SNUMBER(0xFF_FFFF, 0);

        private final long largest;
        private final int usual;

        VersionField(long largest, int usual) {
            this.largest = largest;
            this.usual = usual;
        }

        String flag() {
            return VERSION + name().toLowerCase(Locale.ROOT);
        }
    }

    private static final String VENDOR = "hv-vendor-id";
    private static final String SPINLOCKS = "hv-spinlocks";
    private static final String VERSION = "hv-version-id-";
    private static final int VENDOR_LENGTH = 12;
    /** Hyper-V's own number since Windows Server 2016, which KVM offers too. */
    private static final int SPIN_RETRIES = 0xFFF;

    static final HypervValues DEFAULT = new HypervValues("Microsoft Hv", Map.of(), SPIN_RETRIES);

    public HypervValues {
        if (vendorName.length() > VENDOR_LENGTH) {
            throw new ConfigurationException(
                    "-cpu flag '%s': '%s' has more than %d characters".formatted(VENDOR, vendorName, VENDOR_LENGTH));
        }
        version = Map.copyOf(version);
    }

    /** Whether a word of {@code -cpu}, {@code flag=value} with dashes, is for {@link #with}. */
    static boolean understands(String word) {
        return word.startsWith(VENDOR + "=")
                || word.startsWith(SPINLOCKS + "=") && !word.endsWith("=on") && !word.endsWith("=off")
                || word.startsWith(VERSION) && word.contains("=");
    }

    /** With another value; hv-spinlocks also adds its feature. value is as it was written. */
    HypervValues with(String flag, String value, Set<CpuFeature> features) {
        if (flag.equals(VENDOR)) {
            return new HypervValues(value, version, spinRetries);
        }
        if (flag.equals(SPINLOCKS)) {
            features.add(CpuFeature.HV_SPINLOCKS);
            return new HypervValues(vendorName, version, number(flag, value, 0xFFFF_FFFFL));
        }
        for (VersionField field : VersionField.values()) {
            if (flag.equals(field.flag())) {
                Map<VersionField, Integer> changed = new HashMap<>(version);
                changed.put(field, number(flag, value, field.largest));
                return new HypervValues(vendorName, changed, spinRetries);
            }
        }
        throw new ConfigurationException("unknown -cpu flag '" + flag
                + "'; there are: hv-version-id-build, -major, -minor, -spack, -sbranch, -snumber");
    }

    /** Decimal, or hexadecimal behind 0x. */
    private static int number(String flag, String value, long largest) {
        try {
            long number = Long.decode(value);
            if (number >= 0 && number <= largest) {
                return (int) number;
            }
        } catch (NumberFormatException e) {
            throw noNumber(flag, value, largest);
        }
        throw noNumber(flag, value, largest);
    }

    private static ConfigurationException noNumber(String flag, String value, long largest) {
        return new ConfigurationException(
                "-cpu flag '%s': '%s' is no number from 0 to %d".formatted(flag, value, largest));
    }

    /** EBX, ECX and EDX of leaf 0x40000000. */
    void readVendor(int[] result) {
        byte[] name = Arrays.copyOf(vendorName.getBytes(StandardCharsets.ISO_8859_1), VENDOR_LENGTH);
        ByteBuffer.wrap(name).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(result, 1, 3);
    }

    /** Leaf 0x40000002. */
    void readVersion(int[] result) {
        result[0] = field(VersionField.BUILD);
        result[1] = field(VersionField.MAJOR) << 16 | field(VersionField.MINOR);
        result[2] = field(VersionField.SPACK);
        result[3] = field(VersionField.SBRANCH) << 24 | field(VersionField.SNUMBER);
    }

    private int field(VersionField field) {
        return version.getOrDefault(field, field.usual);
    }
}
