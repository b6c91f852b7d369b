// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Against the PC16550D data sheet, "registers" and "FIFO interrupt mode operation". */
class SerialPortTest {
    private static final int DATA = 0;
    private static final int IER = 1;
    private static final int IIR = 2;
    private static final int FCR = 2;
    private static final int LCR = 3;
    private static final int MCR = 4;
    private static final int LSR = 5;
    private static final int MSR = 6;

    private final DeviceTime time = new DeviceTime();
    private final RecordedLine line = new RecordedLine();
    private final StringBuilder sent = new StringBuilder();
    private final SerialPort port = new SerialPort(time, line, b -> sent.append((char) b));

    private int in(int register) {
        return port.in(register, 1);
    }

    private void out(int register, int value) {
        port.out(register, 1, value);
    }

    @Test
    void aByteLeavesAtOnceAndTheTransmitterIsAlwaysEmpty() {
        assertThat(in(LSR)).isEqualTo(0x60);
        out(DATA, 'o');
        out(DATA, 'k');
        assertThat(sent).hasToString("ok");
        assertThat(in(LSR)).isEqualTo(0x60);
    }

    @Test
    void theDivisorLatchHidesDataAndInterruptEnable() {
        out(LCR, 0x83);
        out(DATA, 0x0C);
        out(IER, 0x01);
        assertThat(in(DATA)).isEqualTo(0x0C);
        assertThat(in(IER)).isEqualTo(0x01);
        out(LCR, 0x03);
        assertThat(in(IER)).isZero();
        assertThat(sent).isEmpty();
    }

    @Test
    void enablingTheTransmittersInterruptBringsOneAndReadingIirTakesItAway() {
        out(IER, 0x02);
        assertThat(line.asserted()).isTrue();
        assertThat(in(IIR)).isEqualTo(0x02);
        assertThat(line.asserted()).isFalse();
        assertThat(in(IIR)).isEqualTo(0x01);
        out(DATA, 'x');
        assertThat(line.asserted()).isTrue();
    }

    @Test
    void withoutFifosEveryByteInterruptsAndASecondOneOverruns() {
        out(IER, 0x05);
        port.receive('a');
        assertThat(in(IIR)).isEqualTo(0x04);
        assertThat(port.room()).isZero();
        port.receive('b');
        assertThat(in(IIR)).as("line status comes before received data").isEqualTo(0x06);
        assertThat(in(LSR)).isEqualTo(0x63);
        assertThat(in(LSR)).as("reading LSR clears OE").isEqualTo(0x61);
        assertThat(in(DATA)).isEqualTo('b');
        assertThat(line.asserted()).isFalse();
    }

    @Test
    void theFifoInterruptsAtItsTriggerLevelAndKeepsSixteenBytes() {
        out(FCR, 0x81);
        out(IER, 0x05);
        for (int i = 0; i < 7; i++) {
            port.receive(i);
        }
        assertThat(line.asserted()).isFalse();
        port.receive(7);
        assertThat(in(IIR)).isEqualTo(0xC4);
        for (int i = 8; i < 17; i++) {
            port.receive(i);
        }
        assertThat(in(LSR) & 0x02).as("the seventeenth is lost").isEqualTo(0x02);
        for (int i = 0; i < 16; i++) {
            assertThat(in(DATA)).isEqualTo(i);
        }
        assertThat(in(LSR)).isEqualTo(0x60);
    }

    /** Four characters of 10 bits at 115,200 baud are 347 microseconds. */
    @Test
    void bytesBelowTheTriggerLevelInterruptAfterFourCharacterTimes() {
        out(LCR, 0x03);
        out(FCR, 0xC1);
        out(IER, 0x01);
        port.receive('x');
        time.pass(340 * DeviceTime.MICROSECOND);
        assertThat(line.asserted()).isFalse();
        time.pass(10 * DeviceTime.MICROSECOND);
        assertThat(in(IIR)).isEqualTo(0xCC);
        assertThat(in(DATA)).isEqualTo('x');
        assertThat(line.asserted()).isFalse();
        assertThat(time.idle()).isTrue();
    }

    @Test
    void loopbackConnectsTheTransmitterToTheReceiverAndModemOutputsToInputs() {
        out(MCR, 0x10);
        in(MSR);
        out(DATA, 'l');
        assertThat(sent).isEmpty();
        assertThat(in(DATA)).isEqualTo('l');
        out(MCR, 0x1A);
        assertThat(in(MSR)).as("RTS as CTS, OUT2 as DCD, with their deltas").isEqualTo(0x99);
        assertThat(in(MSR)).isEqualTo(0x90);
        port.receive('w');
        assertThat(in(LSR) & 1).as("the wire is cut").isZero();
    }

    @Test
    void modemLinesSayThatSomebodyIsThere() {
        assertThat(in(MSR)).isEqualTo(0xB0);
    }

    @Test
    void restoreOfSaveIsTheSameDevice() {
        out(LCR, 0x03);
        out(FCR, 0xC1);
        out(IER, 0x01);
        port.receive('r');
        SerialPortState saved = port.save();
        RecordedLine otherLine = new RecordedLine();
        SerialPort other = new SerialPort(time, otherLine, b -> {});
        other.restore(saved);
        assertThat(other.save()).isEqualTo(saved);
        time.pass(DeviceTime.MILLISECOND);
        assertThat(otherLine.asserted()).as("the timeout was under way").isTrue();
        port.reset();
        assertThat(line.asserted()).isFalse();
        assertThat(port.save()).isEqualTo(new SerialPort(time, line, b -> {}).save());
    }

    /** Linux, drivers/tty/serial/8250: autoconfig() tries out IER; a start-up enables interrupts first and clears the FIFOs behind that. */
    @Test
    void aDriverThatOnlyTriesOutThePortDoesNotListenYet() {
        out(IER, 0x0F);
        assertThat(port.isListenedTo()).isFalse();
        out(IER, 0x00);
        time.pass(20_000_000_000L);
        assertThat(port.isListenedTo()).isFalse();
        out(IER, 0x05);
        assertThat(port.isListenedTo()).isFalse();
        time.pass(10_000_000_000L);
        assertThat(port.isListenedTo()).isTrue();
    }

    @Test
    void whoPollsWithoutSendingListens() {
        for (int i = 0; i < 100; i++) {
            in(LSR);
            in(LSR);
            out(DATA, 'x');
        }
        assertThat(port.isListenedTo()).isFalse();
        for (int i = 0; i < 16; i++) {
            in(LSR);
        }
        assertThat(port.isListenedTo()).isTrue();
    }
}
