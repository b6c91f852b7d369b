// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import dev.synapic.spec.kvm.KvmIrqRouting;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A GSI routing table in the binary form of KVM_SET_GSI_ROUTING ({@code struct kvm_irq_routing}), for VMMs that keep theirs that way.
 *
 * <ul>
 *   <li>Models: entries of type IRQCHIP, MSI and HV_SINT. Padding is written as zeros and not looked at, as in KVM.
 *   <li>Spec: KVM API 4.52; layout: {@link KvmIrqRouting}.
 *   <li>Not modelled: S390_ADAPTER and XEN_EVTCHN entries, entry flags, MSI device ids: refused with EINVAL, which is KVM's
 *       answer to what it does not know.
 *   <li>Threading: stateless.
 * </ul>
 */
public final class KvmIrqRoutingCodec {
    private KvmIrqRoutingCodec() {}

    /** The table as one {@code struct kvm_irq_routing} with all its entries. */
    public static byte[] encode(List<? extends GsiRoute> routes) {
        byte[] bytes = new byte[KvmIrqRouting.HEADER_BYTES + routes.size() * KvmIrqRouting.ENTRY_BYTES];
        ByteBuffer table = littleEndian(bytes);
        table.putInt(KvmIrqRouting.NR, routes.size());
        int at = KvmIrqRouting.HEADER_BYTES;
        for (GsiRoute route : routes) {
            table.putInt(at + KvmIrqRouting.ENTRY_GSI, route.gsi());
            encode(route, table, at);
            at += KvmIrqRouting.ENTRY_BYTES;
        }
        return bytes;
    }

    private static void encode(GsiRoute route, ByteBuffer table, int at) {
        switch (route) {
            case GsiRoute.IrqChipPin pin -> {
                table.putInt(at + KvmIrqRouting.ENTRY_TYPE, KvmIrqRouting.KVM_IRQ_ROUTING_IRQCHIP);
                table.putInt(at + KvmIrqRouting.IRQCHIP_IRQCHIP, pin.chip());
                table.putInt(at + KvmIrqRouting.IRQCHIP_PIN, pin.pin());
            }
            case GsiRoute.Msi msi -> {
                table.putInt(at + KvmIrqRouting.ENTRY_TYPE, KvmIrqRouting.KVM_IRQ_ROUTING_MSI);
                table.putInt(at + KvmIrqRouting.MSI_ADDRESS_LO, (int) msi.address());
                table.putInt(at + KvmIrqRouting.MSI_ADDRESS_HI, (int) (msi.address() >>> 32));
                table.putInt(at + KvmIrqRouting.MSI_DATA, msi.data());
            }
            case GsiRoute.HvSint hvSint -> {
                table.putInt(at + KvmIrqRouting.ENTRY_TYPE, KvmIrqRouting.KVM_IRQ_ROUTING_HV_SINT);
                table.putInt(at + KvmIrqRouting.HV_SINT_VCPU, hvSint.vpIndex());
                table.putInt(at + KvmIrqRouting.HV_SINT_SINT, hvSint.sint());
            }
        }
    }

    /** Reads a whole {@code struct kvm_irq_routing}. Throws EINVAL for one that is cut short or holds what is not modelled. */
    public static List<GsiRoute> decode(byte[] bytes) {
        if (bytes.length < KvmIrqRouting.HEADER_BYTES) {
            throw invalid("a routing table has a header of " + KvmIrqRouting.HEADER_BYTES + " bytes, got " + bytes.length);
        }
        ByteBuffer table = littleEndian(bytes);
        int count = table.getInt(KvmIrqRouting.NR);
        if (count < 0 || count > GsiRoutingTable.MAX_GSI) {
            throw invalid("at most " + GsiRoutingTable.MAX_GSI + " routes, got " + Integer.toUnsignedString(count));
        }
        if (table.getInt(KvmIrqRouting.FLAGS) != 0) {
            throw invalid("flags of a routing table must be 0");
        }
        int needed = KvmIrqRouting.HEADER_BYTES + count * KvmIrqRouting.ENTRY_BYTES;
        if (bytes.length < needed) {
            throw invalid("%d routes need %d bytes, got %d".formatted(count, needed, bytes.length));
        }
        List<GsiRoute> routes = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            routes.add(route(table, KvmIrqRouting.HEADER_BYTES + i * KvmIrqRouting.ENTRY_BYTES));
        }
        return routes;
    }

    private static GsiRoute route(ByteBuffer table, int at) {
        int gsi = table.getInt(at + KvmIrqRouting.ENTRY_GSI);
        int type = table.getInt(at + KvmIrqRouting.ENTRY_TYPE);
        if (table.getInt(at + KvmIrqRouting.ENTRY_FLAGS) != 0) {
            throw invalid("gsi " + Integer.toUnsignedString(gsi) + ": flags must be 0 (there are no MSI device ids)");
        }
        return switch (type) {
            case KvmIrqRouting.KVM_IRQ_ROUTING_IRQCHIP ->
                new GsiRoute.IrqChipPin(
                        gsi,
                        table.getInt(at + KvmIrqRouting.IRQCHIP_IRQCHIP),
                        table.getInt(at + KvmIrqRouting.IRQCHIP_PIN));
            case KvmIrqRouting.KVM_IRQ_ROUTING_MSI ->
                new GsiRoute.Msi(
                        gsi, table.getLong(at + KvmIrqRouting.MSI_ADDRESS_LO), table.getInt(at + KvmIrqRouting.MSI_DATA));
            case KvmIrqRouting.KVM_IRQ_ROUTING_HV_SINT ->
                new GsiRoute.HvSint(
                        gsi,
                        table.getInt(at + KvmIrqRouting.HV_SINT_VCPU),
                        table.getInt(at + KvmIrqRouting.HV_SINT_SINT));
            default ->
                throw invalid("gsi " + Integer.toUnsignedString(gsi) + ": no routes of type " + KvmIrqRouting.name(type));
        };
    }

    private static ByteBuffer littleEndian(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static IrqChipException invalid(String message) {
        return new IrqChipException(Errno.EINVAL, message);
    }
}
