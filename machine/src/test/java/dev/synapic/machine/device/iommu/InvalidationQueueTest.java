// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.iommu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against VT-d 6.5.2 (queue and descriptors), 10.4.21 to 10.4.29. */
class InvalidationQueueTest {
    private static final int FSTS = 0x34;
    private static final int IQH = 0x80;
    private static final int IQT = 0x88;
    private static final int IQA = 0x90;
    private static final int ICS = 0x9C;
    private static final int IECTL = 0xA0;
    private static final int IQE = 1 << 4;
    private static final int QIE = 1 << 26;
    private static final long STATUS_ADDRESS = 0x40_0000;
    private static final long WAIT = 5;
    private static final long WITH_INTERRUPT = 1 << 4;
    private static final long WITH_STATUS = 1 << 5;

    private final IommuRig rig = new IommuRig(IommuConfig.standard(), 0, 1);

    @BeforeEach
    void enable() {
        rig.queue();
    }

    @AfterEach
    void close() {
        rig.close();
    }

    /** Linux's qi_submit_sync: an invalidation, then a wait that writes 2 (QI_DONE). */
    @Test
    void aWaitWritesItsStatusWhenAllBeforeItIsDone() {
        rig.submit(4, 0);
        rig.submit(WAIT | WITH_STATUS | 2L << 32, STATUS_ADDRESS);
        assertThat(rig.ram.getInt(STATUS_ADDRESS)).isEqualTo(2);
        assertThat(rig.read(IQH)).isEqualTo(0x20);
        assertThat(rig.read(FSTS)).isZero();
    }

    @Test
    void aWaitWithInterruptIsAnEventUntilItsStatusIsCleared() {
        rig.write(0xA4, 0x55);
        rig.write(0xA8, 0xFEE0_1000);
        assertThat(rig.read(IECTL)).as("masked at start").isEqualTo(1 << 31);
        rig.submit(WAIT | WITH_INTERRUPT, 0);
        assertThat(rig.read(ICS)).as("IWC").isEqualTo(1);
        assertThat(rig.read(IECTL)).isEqualTo(1 << 31 | 1 << 30);
        rig.write(IECTL, 0);
        assertThat(rig.sent).containsExactly("1 4055");
        rig.submit(WAIT | WITH_INTERRUPT, 0);
        assertThat(rig.sent).as("IWC is set still").hasSize(1);
        rig.write(ICS, 1);
        assertThat(rig.read(ICS)).isZero();
        rig.submit(WAIT | WITH_INTERRUPT, 0);
        assertThat(rig.sent).hasSize(2);
    }

    @Test
    void theQueueWrapsAround() {
        for (int i = 0; i < 300; i++) {
            rig.submit(WAIT | WITH_STATUS | (long) i << 32, STATUS_ADDRESS);
        }
        assertThat(rig.ram.getInt(STATUS_ADDRESS)).isEqualTo(299);
        assertThat(rig.read(IQH)).isEqualTo(300 * 16 & 0xFFF);
    }

    /** Valid ones: 6.5.2.1 context cache, 6.5.2.3 IOTLB, 6.5.2.7 interrupt entry cache, 6.5.2.8 wait. */
    @ParameterizedTest
    @CsvSource({
        "0x11, 0",
        "0x0003001000050031, 0",
        "0x12, 0",
        "0x500e2, 0",
        "0x500f2, 0x12345052",
        "0x04, 0",
        "0x0000ffff78000014, 0",
        "0x45, 0"
    })
    void aValidDescriptorIsDone(long low, long high) {
        rig.submit(low, high);
        assertThat(rig.read(FSTS)).isZero();
        assertThat(rig.read(IQH)).isEqualTo(0x10);
    }

    /**
     * Types that there are not (0, and 3 and 7 without device TLBs), type bits 11:9, granularity 0, address mask above MAMV,
     * index mask above MHMV, reserved bits, a status address that is no RAM.
     */
    @ParameterizedTest
    @CsvSource({
        "0x00, 0",
        "0x03, 0",
        "0x07, 0",
        "0x211, 0",
        "0x01, 0",
        "0x02, 0",
        "0x32, 0x13",
        "0x12, 0x80",
        "0xffff00000012, 0",
        "0x04000000000011, 0",
        "0x11, 1",
        "0x80000014, 0",
        "0x24, 0",
        "0x04, 1",
        "0xa5, 0",
        "0x25, 0x400002",
        "0x25, 0xffffffffff000"
    })
    void anInvalidDescriptorStopsTheQueueAtItself(long low, long high) {
        rig.submit(0x11, 0);
        rig.submit(low, high);
        rig.submit(WAIT | WITH_STATUS | 2L << 32, STATUS_ADDRESS);
        assertThat(rig.read(FSTS)).isEqualTo(IQE);
        assertThat(rig.read(IQH)).isEqualTo(0x10);
        assertThat(rig.ram.getInt(STATUS_ADDRESS)).isZero();
    }

    /** As Linux's qi_check_fault does: it overwrites the bad descriptor, clears IQE and goes on waiting. */
    @Test
    void aRepairedQueueGoesOnWhenTheErrorIsCleared() {
        rig.submit(0, 0);
        rig.submit(WAIT | WITH_STATUS | 2L << 32, STATUS_ADDRESS);
        rig.ram.putLong(IommuRig.QUEUE, WAIT);
        rig.write(FSTS, IQE);
        assertThat(rig.read(FSTS)).isZero();
        assertThat(rig.ram.getInt(STATUS_ADDRESS)).isEqualTo(2);
    }

    @Test
    void aTailBeyondTheQueueIsAnError() {
        rig.write(IQT, 0x1000);
        assertThat(rig.read(FSTS)).isEqualTo(IQE);
        assertThat(rig.read(IQH)).isZero();
    }

    @Test
    void aLargerQueueHasMoreDescriptors() {
        rig.write(0x18, 0);
        rig.write64(IQA, IommuRig.QUEUE | 3);
        for (int i = 0; i < 2048; i++) {
            rig.ram.putLong(IommuRig.QUEUE + 16 * i, WAIT);
        }
        rig.write(IQT, 2047 * 16);
        assertThat(rig.read(IQH)).as("nothing before it is on").isZero();
        rig.command(QIE);
        assertThat(rig.read(IQH)).isEqualTo(2047 * 16);
        rig.write(0x18, 0);
        assertThat(rig.read(IQH)).as("off: back at the start").isZero();
    }

    @Test
    void aQueueThatIsNotInRamIsAnError() {
        rig.write(0x18, 0);
        rig.write64(IQA, 0xFEE0_0000L);
        rig.command(QIE);
        rig.write(IQT, 0x10);
        assertThat(rig.read(FSTS)).isEqualTo(IQE);
    }

    @Test
    void withoutInterruptRemappingItsDescriptorIsInvalid() {
        try (IommuRig memoryOnly = new IommuRig(new IommuConfig(false, false, 39, true))) {
            memoryOnly.queue();
            memoryOnly.submit(4, 0);
            assertThat(memoryOnly.read(FSTS)).isEqualTo(IQE);
        }
    }
}
