// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** What a guest sees of the board, by a few instructions of machine code. */
class PcBoardTest {
    private static final int GPA = 0x10_0000;
    private static final int HEADERS = 84;
    private static final int ENTRY = 12;

    private final StringBuilder console = new StringBuilder();

    /** A Multiboot kernel of that code, in hexadecimal, entered in flat protected mode. */
    private RunResult run(String code) {
        byte[] text = java.util.HexFormat.of().parseHex(code.replace(" ", ""));
        int bytes = ENTRY + text.length;
        ByteBuffer image = ByteBuffer.allocate(HEADERS + bytes).order(ByteOrder.LITTLE_ENDIAN);
        image.putInt(0, 0x464C_457F).put(4, (byte) 1).putShort(18, (short) 3);
        image.putInt(24, GPA + ENTRY).putInt(28, 52).putShort(42, (short) 32).putShort(44, (short) 1);
        image.putInt(52, 1).putInt(56, HEADERS).putInt(60, GPA).putInt(64, GPA);
        image.putInt(68, bytes).putInt(72, bytes);
        image.putInt(HEADERS, 0x1BAD_B002).putInt(HEADERS + 8, -0x1BAD_B002);
        image.put(HEADERS + ENTRY, text);
        MachineConfig config = MachineConfig.standard().withConsole(b -> console.append((char) b));
        try (Machine machine = new Machine(config.withPc(PcConfig.standard().with(PcDevice.PC_TESTDEV)))) {
            machine.loadMultiboot("kernel", image.array(), "");
            return machine.run();
        }
    }

    /** mov dx,0x604; mov ax,0x2000; out dx,ax: how small guests switch QEMU's PC off. */
    @Test
    void aGuestSwitchesOffByPm1aControl() {
        assertThat(run("66BA0406 66B80020 66EF F4").outcome()).isEqualTo(RunResult.Outcome.POWER_OFF);
    }

    /** mov al,0xfe; out 0x64,al */
    @Test
    void theKeyboardControllersPulseResets() {
        RunResult result = run("B0FE E664 F4");
        assertThat(result.outcome()).isEqualTo(RunResult.Outcome.RESET);
        assertThat(result.reason()).contains("keyboard controller");
    }

    /** mov dx,0xcf9; mov al,6; out dx,al: ACPI's reset register. */
    @Test
    void theResetRegisterResets() {
        assertThat(run("66BAF90C B006 EE F4").outcome()).isEqualTo(RunResult.Outcome.RESET);
    }

    /** Reads the HPET's period at 0xFED00004 through the MMIO bus and writes its low byte to COM1: 10,000,000 fs is 0x989680. */
    @Test
    void theHpetAnswersAtItsAddress() {
        run("A10400D0FE C1E810 66BAF803 EE 66BA0406 66B80020 66EF F4");
        assertThat(console.toString()).isEqualTo("\u0098");
    }

    /** mov dword [0xff000008],0x41; mov eax,[0xff000008]; to COM1; off. */
    @Test
    void thePcTestDevicesMemoryIsWrittenAndRead() {
        run("C705080000FF41000000 A1080000FF 66BAF803 EE 66BA0406 66B80020 66EF F4");
        assertThat(console.toString()).isEqualTo("A");
    }

    /** Virtual wire mode, as firmware leaves it: mov eax,[0xfee00350] (LINT0), high byte of the low word to COM1: 0x87. */
    @Test
    void theFirstProcessorsApicIsInVirtualWireMode() {
        run("A15003E0FE C1E808 66BAF803 EE A1F000E0FE C1E808 EE 66BA0406 66B80020 66EF F4");
        assertThat(console.toString()).isEqualTo("\u0087\u0001");
    }

    /** cli; hlt with nothing planned: the board keeps no event of its own. */
    @Test
    void anIdleBoardLetsADeadlockBeSeen() {
        assertThat(run("FA F4").outcome()).isEqualTo(RunResult.Outcome.DEADLOCK);
    }
}
