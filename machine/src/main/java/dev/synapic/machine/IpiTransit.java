// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.machine.exits.HardwareProfile;
import org.jspecify.annotations.Nullable;

/**
 * Carries accepted requests through virtual time: each takes effect at its sender's present instant, and the sender is charged for
 * each target in turn, so that within one exit target i is accepted after target i - 1.
 *
 * <p>What a request costs depends on what its target is doing at that instant. An exit takes its processor far ahead of the others,
 * so requests of an exit wait in its {@link ExitAccount} until the others have come as far.
 */
final class IpiTransit implements Transit {
    private static final int DEVICE = -1;

    private final HardwareProfile profile;
    private final Vcpu[] byApicId;
    private final VcpuScheduler scheduler;

    IpiTransit(HardwareProfile profile, Vcpu[] byApicId, VcpuScheduler scheduler) {
        this.profile = profile;
        this.byApicId = byApicId;
        this.scheduler = scheduler;
    }

    @Override
    public void carry(LocalApic targetApic, int request) {
        Vcpu target = byApicId[targetApic.x2ApicId()];
        Vcpu sender = scheduler.current();
        if (sender != null && sender.exits().isOpen() && sender.state() == RunState.RUNNING) {
            sender.exits().send(target, request);
        } else {
            send(sender, target, request);
        }
    }

    /** A request takes effect now. */
    void send(@Nullable Vcpu sender, Vcpu target, int request) {
        long nowPs = scheduler.nowPs();
        if (target == sender) {
            target.expect(nowPs, request, target.index(), target.cpu().rip);
            return;
        }
        boolean blocked = target.blockedAt(nowPs);
        long effectPs = target.inGuestAt(nowPs) ? nowPs + profile.notificationPs() : nowPs;
        if (sender == null) {
            target.expect(effectPs, request, DEVICE, 0);
        } else {
            boolean wokenBySender = blocked && sender.exits().isOpen();
            sender.clock().advance(wokenBySender ? profile.acceptHaltedPs() : profile.acceptAwakePs());
            target.expect(effectPs, request, sender.index(), sender.cpu().rip);
        }
        scheduler.arrivalFor(target);
    }
}
