// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.bus.IoDevice;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Against the IBM PC AT Technical Reference, "keyboard controller", and what Linux's i8042 driver asks first. */
class KeyboardControllerTest {
    private final A20Gate a20 = new A20Gate();
    private final RecordedPower power = new RecordedPower();
    private final RecordedLine line = new RecordedLine();
    private final RecordedLine mouseLine = new RecordedLine();
    private final KeyboardController controller = new KeyboardController(a20, power, line, mouseLine);
    private final IoDevice data = controller.data();

    private int status() {
        return controller.in(0, 1);
    }

    private void command(int value) {
        controller.out(0, 1, value);
    }

    private int read() {
        return data.in(0, 1);
    }

    private void write(int value) {
        data.out(0, 1, value);
    }

    @Test
    void theSelfTestPassesAndTheKeyboardInterfaceToo() {
        command(0xAA);
        assertThat(status() & 0x01).isEqualTo(1);
        assertThat(read()).isEqualTo(0x55);
        command(0xAB);
        assertThat(read()).isZero();
        assertThat(status() & 0x01).isZero();
    }

    @Test
    void theCommandByteIsReadAndWritten() {
        command(0x60);
        write(0x74);
        command(0x20);
        assertThat(read()).isEqualTo(0x74);
    }

    @Test
    void theKeyboardAnswersResetAndIdentify() {
        write(0xFF);
        assertThat(read()).isEqualTo(0xFA);
        assertThat(read()).isEqualTo(0xAA);
        write(0xF2);
        assertThat(new int[] {read(), read(), read()}).containsExactly(0xFA, 0xAB, 0x83);
        write(0xED);
        assertThat(read()).isEqualTo(0xFA);
        write(0x07);
        assertThat(read()).as("the argument is acknowledged").isEqualTo(0xFA);
    }

    @Test
    void irqOneFollowsTheOutputBufferWhereTheCommandByteAllowsIt() {
        command(0x60);
        write(0x64);
        write(0xEE);
        assertThat(line.asserted()).isFalse();
        command(0x60);
        write(0x65);
        assertThat(line.asserted()).isTrue();
        assertThat(read()).isEqualTo(0xEE);
        assertThat(line.asserted()).isFalse();
    }

    /** IBM PS/2 Hardware Interface Technical Reference: reset, read device type, status request with the defaults. */
    @Test
    void theMouseAnswersResetIdentifyAndStatus() {
        command(0xA9);
        assertThat(read()).as("its interface is well").isZero();
        assertThat(toMouse(0xFF)).containsExactly(0xFA, 0xAA, 0x00);
        assertThat(toMouse(0xF2)).containsExactly(0xFA, 0x00);
        assertThat(toMouse(0xE9)).containsExactly(0xFA, 0x00, 0x02, 100);
        assertThat(toMouse(0xF3)).containsExactly(0xFA);
        assertThat(toMouse(40)).as("the rate").containsExactly(0xFA);
        assertThat(toMouse(0xF4)).containsExactly(0xFA);
        assertThat(toMouse(0xE9)).containsExactly(0xFA, 0x20, 0x02, 40);
        assertThat(toMouse(0xEB)).as("a packet: nobody moves it").containsExactly(0xFA, 0x08, 0, 0);
    }

    @Test
    void inWrapModeTheMouseEchoesAllButResets() {
        assertThat(toMouse(0xEE)).containsExactly(0xFA);
        assertThat(toMouse(0xE9)).containsExactly(0xE9);
        assertThat(toMouse(0xEC)).as("the way out").containsExactly(0xFA);
        assertThat(toMouse(0xF2)).containsExactly(0xFA, 0x00);
    }

    @Test
    void irqTwelveFollowsTheMousesBytesWhereTheCommandByteAllowsIt() {
        command(0xD4);
        write(0xF4);
        assertThat(mouseLine.asserted()).as("off as firmware leaves it").isFalse();
        command(0x60);
        write(0x47);
        assertThat(mouseLine.asserted()).isTrue();
        assertThat(line.asserted()).as("it is no key").isFalse();
        assertThat(read()).isEqualTo(0xFA);
        assertThat(mouseLine.asserted()).isFalse();
    }

    /** Linux reads one byte an interrupt, and IRQ 1 and 12 are edge-triggered: a byte without an edge would wait for ever. */
    @Test
    void everyByteOfAnAnswerHasAnEdgeOfItsOwn() {
        write(0xF2);
        assertThat(read()).isEqualTo(0xFA);
        assertThat(line.rises()).as("FA, and AB behind it").isEqualTo(2);
        assertThat(read()).isEqualTo(0xAB);
        assertThat(read()).isEqualTo(0x83);
        assertThat(line.rises()).isEqualTo(3);
        command(0x60);
        write(0x47);
        toMouse(0xFF);
        assertThat(mouseLine.rises()).as("FA, AA and 00").isEqualTo(3);
    }

    @Test
    void bytesWrittenAsTheMousesAreMarked() {
        command(0xD3);
        write(0x5A);
        assertThat(status() & 0x21).isEqualTo(0x21);
        assertThat(read()).isEqualTo(0x5A);
    }

    private List<Integer> toMouse(int value) {
        command(0xD4);
        write(value);
        List<Integer> answers = new ArrayList<>();
        while ((status() & 0x01) != 0) {
            assertThat(status() & 0x20).as("marked as the mouse's").isEqualTo(0x20);
            answers.add(read());
        }
        return answers;
    }

    @Test
    void pulsingTheResetLineResetsTheProcessors() {
        command(0xF1);
        command(0xFF);
        assertThat(power.events()).isEmpty();
        command(0xFE);
        command(0xD1);
        write(0xFE);
        assertThat(power.events()).hasSize(2).allMatch(e -> e.equals("PROCESSORS by the keyboard controller"));
    }

    @Test
    void a20IsTheSameGateHereAndAtPort92() {
        SystemControlPort port92 = new SystemControlPort(a20, power);
        command(0xD1);
        write(0xDD);
        assertThat(a20.enabled()).isFalse();
        assertThat(port92.in(0, 1)).isZero();
        port92.out(0, 1, 0x02);
        command(0xD0);
        assertThat(read() & 0x02).isEqualTo(0x02);
        assertThat(power.events()).isEmpty();
        port92.out(0, 1, 0x03);
        port92.out(0, 1, 0x03);
        assertThat(power.events()).as("only the rise of bit 0").containsExactly("PROCESSORS by port 0x92");
        assertThat(port92.in(0, 1))
                .as("which stays set, by which guests tell it from power-on")
                .isEqualTo(3);
    }

    @Test
    void theResetControlRegisterResetsAtTheRiseOfBitTwo() {
        ResetControl cf9 = new ResetControl(power);
        cf9.out(0, 1, 0x02);
        cf9.out(0, 1, 0x06);
        cf9.out(0, 1, 0x06);
        cf9.out(0, 1, 0x00);
        cf9.out(0, 1, 0x04);
        assertThat(power.events()).containsExactly("MACHINE by port 0xcf9", "PROCESSORS by port 0xcf9");
    }

    @Test
    void restoreOfSaveIsTheSameDevice() {
        write(0xF3);
        command(0xD1);
        KeyboardControllerState saved = controller.save();
        KeyboardController other = new KeyboardController(new A20Gate(), power, new RecordedLine(), new RecordedLine());
        other.restore(saved);
        assertThat(other.save()).isEqualTo(saved);
        controller.reset();
        assertThat(line.asserted()).isFalse();
        assertThat(status() & 0x01).isZero();
    }
}
