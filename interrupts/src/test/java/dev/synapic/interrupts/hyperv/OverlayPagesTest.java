// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicRequest;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HvReferenceTscPage;
import dev.synapic.spec.x86.GeneralProtectionFault;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLFS, "GPA Overlay Pages", "SIM Page", "SIEF Page", "Establishing the Hypercall Interface". */
class OverlayPagesTest {
    private static final long A = 0x3000;
    private static final long B = 0x5000;
    private static final long NO_RAM = 1L << 40;
    private static final long RAM_WORD = 0x5241_4D52_414D_5241L;
    private static final int SINT = 3;
    private static final int ASSIST_FIELD = 0;

    /** All five pages of a machine with one processor. */
    private static final class Machine {
        final VirtualProcessors vps;
        final OverlayPages overlays;
        final SynIc synIc;
        final HypervPartition partition;
        final HypervProcessor processor;
        final HypervMsrs msrs;

        Machine(OverlayPages.Pages pages) {
            this(new VirtualProcessors(1, SynIcListener.NONE), pages);
        }

        Machine(VirtualProcessors vps, OverlayPages.Pages pages) {
            GuestMemory memory = vps.memory;
            this.vps = vps;
            overlays = new OverlayPages(memory, pages);
            synIc = new SynIc(0, vps.apic(0), vps.bus, memory, vps.turns, overlays, SynIcListener.NONE);
            partition = new HypervPartition(
                    memory,
                    HypervPartition.HypercallInstruction.VMCALL,
                    new ReferenceTime(memory, overlays, 2_000_000_000),
                    1,
                    PartitionPrivileges.UNRESTRICTED,
                    overlays,
                    PartitionPort.NONE);
            processor = new HypervProcessor(synIc, new ManualReferenceClock(), () -> 0, vector -> false);
            msrs = new HypervMsrs(partition, processor);
            synIc.activate(SynIc.Activation.SYNIC);
            msrs.write(HvMsr.HV_X64_MSR_GUEST_OS_ID, 1);
            for (long gpa : new long[] {A, B}) {
                for (int offset = 0; offset < GuestMemory.PAGE_SIZE; offset += Long.BYTES) {
                    memory.putLong(gpa + offset, RAM_WORD + offset);
                }
            }
        }

        boolean ramShows(long gpa) {
            for (int offset = 0; offset < GuestMemory.PAGE_SIZE; offset += Long.BYTES) {
                if (vps.memory.getLong(gpa + offset) != RAM_WORD + offset) {
                    return false;
                }
            }
            return true;
        }

        long word(long gpa) {
            return vps.memory.getLong(gpa);
        }
    }

    private final Machine machine = new Machine(OverlayPages.Pages.OVERLAY);

    private void post(int type) {
        assertThat(machine.synIc.postMessage(SINT, new SynIcMessage(type, 0, new byte[0])))
                .isEqualTo(MessageSlot.Post.POSTED);
    }

    private int typeAt(long gpa) {
        return machine.vps.memory.getInt(gpa + SINT * 256);
    }

    /** TLFS: "the underlying GPA page is uncovered". */
    @ParameterizedTest
    @ValueSource(
            ints = {
                HvMsr.HV_X64_MSR_SIMP,
                HvMsr.HV_X64_MSR_SIEFP,
                HvMsr.HV_X64_MSR_HYPERCALL,
                HvMsr.HV_X64_MSR_REFERENCE_TSC,
                HvMsr.HV_X64_MSR_VP_ASSIST_PAGE
            })
    void ramIsBackWhereAPageIsDisabledOrMoved(int msr) {
        machine.msrs.write(msr, A | 1);
        assertThat(machine.ramShows(A)).isFalse();
        assertThat(machine.vps.memory.getLong(A + 4088))
                .as("nothing of the RAM shows")
                .isZero();

        machine.msrs.write(msr, B | 1);
        assertThat(machine.ramShows(A)).isTrue();
        assertThat(machine.ramShows(B)).isFalse();

        machine.msrs.write(msr, B);
        assertThat(machine.ramShows(B)).isTrue();
    }

    /** As KVM does it: the page is the guest's RAM, and what was there is gone. */
    @ParameterizedTest
    @ValueSource(
            ints = {
                HvMsr.HV_X64_MSR_SIMP,
                HvMsr.HV_X64_MSR_SIEFP,
                HvMsr.HV_X64_MSR_HYPERCALL,
                HvMsr.HV_X64_MSR_REFERENCE_TSC,
                HvMsr.HV_X64_MSR_VP_ASSIST_PAGE
            })
    void pageInRamOverwritesWhatIsThere(int msr) {
        Machine inRam = new Machine(OverlayPages.Pages.IN_RAM);
        inRam.msrs.write(msr, A | 1);
        long seen = inRam.word(A);

        inRam.msrs.write(msr, A);

        assertThat(seen).isNotEqualTo(RAM_WORD);
        assertThat(inRam.word(A)).isEqualTo(seen);
    }

    /** TLFS, "SIM Page": zero upon creation and reset, and the same page wherever it is. */
    @Test
    void contentOfAPageGoesWithIt() {
        machine.msrs.write(HvMsr.HV_X64_MSR_SCONTROL, 1);
        machine.msrs.write(HvMsr.HV_X64_MSR_SIMP, A | 1);
        post(7);

        machine.msrs.write(HvMsr.HV_X64_MSR_SIMP, B | 1);
        assertThat(typeAt(B)).isEqualTo(7);
        machine.msrs.write(HvMsr.HV_X64_MSR_SIMP, B);
        machine.msrs.write(HvMsr.HV_X64_MSR_SIMP, A | 1);

        assertThat(typeAt(A)).isEqualTo(7);
    }

    @Test
    void flagsAndMessagesOfTheGuestAreWrittenIntoTheOverlay() {
        machine.msrs.write(HvMsr.HV_X64_MSR_SCONTROL, 1);
        machine.msrs.write(HvMsr.HV_X64_MSR_SIEFP, A | 1);
        machine.msrs.write(HvMsr.HV_X64_MSR_SINT0 + SINT, 0x50);

        machine.synIc.signalEvent(SINT, 0);

        assertThat(machine.vps.memory.getInt(A + SINT * 256)).isEqualTo(1);
        machine.msrs.write(HvMsr.HV_X64_MSR_SIEFP, 0);
        assertThat(machine.ramShows(A)).isTrue();
    }

    /** A page whose address is written again is where it was. */
    @Test
    void pageThatIsEnabledAgainInItsPlaceKeepsItsContent() {
        machine.msrs.write(HvMsr.HV_X64_MSR_SCONTROL, 1);
        machine.msrs.write(HvMsr.HV_X64_MSR_SIMP, A | 1);
        post(7);

        machine.msrs.write(HvMsr.HV_X64_MSR_SIMP, A | 1);

        assertThat(typeAt(A)).isEqualTo(7);
    }

    @Test
    void disabledInterfaceTakesItsHypercallPageAway() {
        machine.msrs.write(HvMsr.HV_X64_MSR_HYPERCALL, A | 1);

        machine.msrs.write(HvMsr.HV_X64_MSR_GUEST_OS_ID, 0);

        assertThat(machine.ramShows(A)).isTrue();
    }

    /** TLFS: an order of the hypervisor's choice, here the last one enabled; when it goes, the other is visible. */
    @Test
    void ofTwoPagesAtOnePlaceTheLastOneEnabledShows() {
        machine.msrs.write(HvMsr.HV_X64_MSR_SCONTROL, 1);
        machine.msrs.write(HvMsr.HV_X64_MSR_SIMP, A | 1);
        post(7);
        machine.msrs.write(HvMsr.HV_X64_MSR_HYPERCALL, A | 1);
        assertThat(machine.vps.memory.getInt(A)).isEqualTo(0xC3C1_010F);
        assertThat(typeAt(A)).isZero();

        machine.msrs.write(HvMsr.HV_X64_MSR_HYPERCALL, 0);
        assertThat(typeAt(A)).isEqualTo(7);

        machine.msrs.write(HvMsr.HV_X64_MSR_HYPERCALL, A | 1);
        machine.msrs.write(HvMsr.HV_X64_MSR_SIMP, 0);
        assertThat(machine.vps.memory.getInt(A)).as("the upper one stays").isEqualTo(0xC3C1_010F);
        machine.msrs.write(HvMsr.HV_X64_MSR_HYPERCALL, 0);
        assertThat(machine.ramShows(A)).isTrue();
        machine.msrs.write(HvMsr.HV_X64_MSR_SIMP, B | 1);
        assertThat(typeAt(B)).isEqualTo(7);
    }

    @Test
    void pageBeneathComesUpWhenItIsEnabledAgain() {
        machine.msrs.write(HvMsr.HV_X64_MSR_HYPERCALL, A | 1);
        machine.msrs.write(HvMsr.HV_X64_MSR_SIMP, A | 1);
        assertThat(machine.vps.memory.getInt(A)).isZero();

        machine.msrs.write(HvMsr.HV_X64_MSR_HYPERCALL, A | 1);

        assertThat(machine.vps.memory.getInt(A)).isEqualTo(0xC3C1_010F);
    }

    /** The time is published into the page, not into the one above it. */
    @Test
    void referencePageBeneathAnotherIsKeptUpToDate() {
        machine.msrs.write(HvMsr.HV_X64_MSR_REFERENCE_TSC, A | 1);
        long published = A + HvReferenceTscPage.OFFSET_OFFSET;
        machine.msrs.write(HvMsr.HV_X64_MSR_HYPERCALL, A | 1);

        machine.partition.time().tscMoved(0, true, 2_000_000_000L);

        assertThat(machine.vps.memory.getInt(A)).isEqualTo(0xC3C1_010F);
        assertThat(machine.vps.memory.getLong(published)).isZero();
        machine.msrs.write(HvMsr.HV_X64_MSR_HYPERCALL, 0);
        assertThat(machine.vps.memory.getLong(published)).as("a second").isBetween(-10_000_000L, -9_999_990L);
        assertThat(machine.vps.memory.getInt(A)).as("sequence").isEqualTo(2);
    }

    /** The bit of the EOI assist is offered in the overlay. */
    @Test
    void assistFieldIsInTheOverlay() {
        machine.vps.memory.putInt(A + ASSIST_FIELD, 1);
        machine.msrs.write(HvMsr.HV_X64_MSR_VP_ASSIST_PAGE, A | 1);
        assertThat(machine.vps.memory.getInt(A)).isZero();
        machine.vps.apic(0).arrive(ApicRequest.fixed(0x40));
        machine.vps.apic(0).acknowledge(machine.vps.apic(0).pendingVector());
        machine.processor.assistPage().offer();
        assertThat(machine.vps.memory.getInt(A)).isEqualTo(1);

        machine.msrs.write(HvMsr.HV_X64_MSR_VP_ASSIST_PAGE, B | 1);

        assertThat(machine.vps.memory.getInt(A)).as("RAM again").isEqualTo(1);
        assertThat(machine.vps.memory.getInt(B)).isZero();
    }

    /** TLFS: upon reset the SIM and SIEF pages are cleared. */
    @Test
    void resetUncoversAllRamAndClearsThePages() {
        machine.msrs.write(HvMsr.HV_X64_MSR_SCONTROL, 1);
        machine.msrs.write(HvMsr.HV_X64_MSR_SIMP, A | 1);
        machine.msrs.write(HvMsr.HV_X64_MSR_SIEFP, B | 1);
        machine.msrs.write(HvMsr.HV_X64_MSR_HYPERCALL, A | 1);
        machine.msrs.write(HvMsr.HV_X64_MSR_REFERENCE_TSC, B | 1);
        machine.msrs.write(HvMsr.HV_X64_MSR_VP_ASSIST_PAGE, A | 1);
        post(7);

        machine.processor.reset();
        machine.partition.reset();

        assertThat(machine.ramShows(A)).isTrue();
        assertThat(machine.ramShows(B)).isTrue();
        machine.msrs.write(HvMsr.HV_X64_MSR_SIMP, A | 1);
        assertThat(typeAt(A)).isZero();
    }

    /** TLFS, SIMP: beyond the GPA space the page is not accessible; K: #GP where it would zero it. */
    @Test
    void pageWhereNoRamIsIsInert() {
        machine.msrs.write(HvMsr.HV_X64_MSR_SIMP, A | 1);
        assertThatThrownBy(() -> machine.msrs.write(HvMsr.HV_X64_MSR_SIMP, NO_RAM | 1))
                .isInstanceOf(GeneralProtectionFault.class);
        assertThat(machine.msrs.read(HvMsr.HV_X64_MSR_SIMP)).isEqualTo(A | 1);
        assertThat(machine.ramShows(A)).isFalse();
        machine.synIc.activate(SynIc.Activation.SYNIC2);

        machine.msrs.write(HvMsr.HV_X64_MSR_SIMP, NO_RAM | 1);

        assertThat(machine.msrs.read(HvMsr.HV_X64_MSR_SIMP)).isEqualTo(NO_RAM | 1);
        assertThat(machine.ramShows(A)).isTrue();
    }

    @Test
    void hostWritesMoveOverlaysToo() {
        machine.synIc.hostWrite(HvMsr.HV_X64_MSR_SIMP, A | 1);
        assertThat(machine.ramShows(A)).isFalse();
        machine.synIc.hostWrite(HvMsr.HV_X64_MSR_SIMP, 0);
        assertThat(machine.ramShows(A)).isTrue();
    }

    // ---- state

    @Test
    void restoredOverlaysBehaveAsTheSavedOnes() {
        machine.msrs.write(HvMsr.HV_X64_MSR_SCONTROL, 1);
        machine.msrs.write(HvMsr.HV_X64_MSR_SIMP, A | 1);
        post(7);
        machine.msrs.write(HvMsr.HV_X64_MSR_HYPERCALL, A | 1);
        machine.msrs.write(HvMsr.HV_X64_MSR_SIEFP, B | 1);
        machine.vps.memory.putLong(B, 99);
        machine.msrs.write(HvMsr.HV_X64_MSR_SIEFP, 0);
        byte[] before = bytes(machine);
        HypervPartition.State partition = machine.partition.save();
        HypervProcessor.State processor = machine.processor.save();
        Machine other = new Machine(OverlayPages.Pages.OVERLAY);
        other.vps.memory.putBytes(0, before);

        other.partition.restore(partition);
        other.processor.restore(processor);

        assertThat(bytes(other)).isEqualTo(before);
        assertThat(other.partition.save()).isEqualTo(partition);
        other.msrs.write(HvMsr.HV_X64_MSR_HYPERCALL, 0);
        assertThat(other.vps.memory.getInt(A + SINT * 256)).isEqualTo(7);
        other.msrs.write(HvMsr.HV_X64_MSR_SIMP, 0);
        assertThat(other.ramShows(A)).isTrue();
        other.msrs.write(HvMsr.HV_X64_MSR_SIEFP, B | 1);
        assertThat(other.word(B)).isEqualTo(99);
    }

    private static byte[] bytes(Machine of) {
        byte[] bytes = new byte[0x1_0000];
        of.vps.memory.getBytes(0, bytes, 0, bytes.length);
        return bytes;
    }

    @Test
    void overlaysThatNoMachineCanHaveAreNotRestored() {
        machine.msrs.write(HvMsr.HV_X64_MSR_SIMP, A | 1);
        OverlayPages.State good = machine.overlays.save();
        OverlayPages.State.Place place = good.places().getFirst();
        int page = place.pages().getFirst();
        List<OverlayPages.State> broken = List.of(
                new OverlayPages.State(1, good.places(), List.of()),
                new OverlayPages.State(1, List.of(place, place), good.contents()),
                at(NO_RAM, List.of(page), good),
                at(A + 8, List.of(page), good),
                at(A, List.of(page, page), good),
                at(A, List.of(5), good),
                at(A, List.of(-1), good));
        for (OverlayPages.State state : broken) {
            assertThatThrownBy(() -> machine.overlays.restore(state)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> at(A, List.of(), good)).hasMessageContaining("no overlay");
        assertThatThrownBy(() -> new OverlayPages.State(1, List.of(), List.of(List.of(1L))))
                .hasMessageContaining("512 words");
        assertThatThrownBy(() -> new OverlayPages.State(9, List.of(), List.of()))
                .hasMessageContaining("version 9");
        assertThatThrownBy(() -> new Machine(OverlayPages.Pages.IN_RAM).overlays.restore(good))
                .hasMessageContaining("5 overlay pages, this machine has 0");
    }

    private static OverlayPages.State at(long gpa, List<Integer> pages, OverlayPages.State good) {
        return new OverlayPages.State(1, List.of(new OverlayPages.State.Place(gpa, List.of(), pages)), good.contents());
    }
}
