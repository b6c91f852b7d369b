// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.decode;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cpu.CodeSize;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.execute.InstructionSet;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fields and refusals, by the tables of SDM vol. 2A, chapter 2. */
class DecoderTest {
    private final Decoder decoder = new Decoder();

    private DecodedInstruction decode(CodeSize size, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        DecodedInstruction in = decoder.decode(bytes, 0, bytes.length, size);
        assertThat(in).as(hex).isNotNull();
        return in;
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @CsvSource({
        // mode, bytes, text, operand size, width, reg, rm, base, index, scale, displacement, segment
        "CODE64, 4801d8,             'add rax,rbx',              8, 8,  3,  0, -1, -1, 0, 0, 3",
        "CODE64, 66480fbec3,         'movsx rax,bl',             8, 1,  0,  3, -1, -1, 0, 0, 3",
        "CODE64, 4866894508,         '66 after REX cancels it',  2, 2,  0, -1,  5, -1, 0, 8, 2",
        "CODE64, 88e0,               'mov al,ah',                4, 1, 16,  0, -1, -1, 0, 0, 3",
        "CODE64, 4088e0,             'mov al,spl',               4, 1,  4,  0, -1, -1, 0, 0, 3",
        "CODE64, 4d8b648d10,         'mov r12,[r13+rcx*4+16]',   8, 8, 12, -1, 13,  1, 2, 16, 3",
        "CODE64, 4b8b0424,           'mov rax,[r12+r12]',        8, 8,  0, -1, 12, 12, 0, 0, 3",
        "CODE64, 488b0424,           'mov rax,[rsp]',            8, 8,  0, -1,  4, -1, 0, 0, 2",
        "CODE64, 8b04ed10000000,     'mov eax,[rbp*8+16]',       4, 4,  0, -1, -1,  5, 3, 16, 3",
        "CODE64, 65488b042530000000, 'mov rax,gs:[30h]',         8, 8,  0, -1, -1, -1, 0, 0x30, 5",
        "CODE64, 2e8b07,             'CS prefix is nothing',     4, 4,  0, -1,  7, -1, 0, 0, 3",
        "CODE64, 50,                 'push rax',                 8, 8,  0,  0, -1, -1, 0, 0, 3",
        "CODE64, 6650,               'push ax',                  2, 2,  0,  0, -1, -1, 0, 0, 3",
        "CODE64, 4157,               'push r15',                 8, 8,  0, 15, -1, -1, 0, 0, 3",
        "CODE64, 450f22c0,           'mov cr8,r8',               8, 8,  8,  8, -1, -1, 0, 0, 3",
        "CODE64, 0f20d8,             'mov rax,cr3',              8, 8,  3,  0, -1, -1, 0, 0, 3",
        "CODE64, 0fb6c4,             'movzx eax,ah',             4, 1,  0, 16, -1, -1, 0, 0, 3",
        "CODE64, 8ed0,               'mov ss,ax',                4, 2,  2,  0, -1, -1, 0, 0, 3",
        "CODE32, 8b00,               'mov eax,[eax]',            4, 4,  0, -1,  0, -1, 0, 0, 3",
        "CODE32, 8b4500,             'mov eax,[ebp]',            4, 4,  0, -1,  5, -1, 0, 0, 2",
        "CODE32, 678b4102,           'mov eax,[bx+di+2]',        4, 4,  0, -1,  3,  7, 0, 2, 3",
        "CODE32, 678b42fe,           'mov eax,[bp+si-2]',        4, 4,  0, -1,  5,  6, 0, -2, 2",
        "CODE32, 26a144332211,       'mov eax,es:[11223344h]',   4, 4,  0, -1, -1, -1, 0, 0x11223344, 0",
        "CODE16, 8b4600,             'mov ax,[bp]',              2, 2,  0, -1,  5, -1, 0, 0, 2",
        "CODE16, 8b0e3412,           'mov cx,[1234h]',           2, 2,  1, -1, -1, -1, 0, 0x1234, 3",
        "CODE16, 66678b0483,         'mov eax,[ebx+eax*4]',      4, 4,  0, -1,  3,  0, 2, 0, 3"
    })
    void fields(
            CodeSize size,
            String hex,
            String text,
            int operandSize,
            int width,
            int reg,
            int rm,
            int base,
            int index,
            int scale,
            String displacement,
            int segment) {
        DecodedInstruction in = decode(size, hex);
        assertThat(new long[] {
                    in.length(),
                    in.operandSize(),
                    in.width(),
                    in.reg(),
                    in.rm(),
                    in.base(),
                    in.index(),
                    in.scaleShift(),
                    in.displacement(),
                    in.segment()
                })
                .containsExactly(
                        hex.length() / 2,
                        operandSize,
                        width,
                        reg,
                        rm,
                        base,
                        index,
                        scale,
                        Long.decode(displacement),
                        segment);
        assertThat(in.handler()).isNotIn(InstructionSet.UNKNOWN, InstructionSet.UNDEFINED);
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @CsvSource({
        "CODE64, 48c7c0ffffffff,           'mov rax,-1',     -1, 0",
        "CODE64, 48b8efcdab8967452301,     'mov rax,imm64',  0x0123456789abcdef, 0",
        "CODE64, 4883c0fe,                 'add rax,-2',     -2, 0",
        "CODE64, 66b83412,                 'mov ax,1234h',   0x1234, 0",
        "CODE64, cdfe,                     'int 0feh',       0xfe, 0",
        "CODE64, e4f0,                     'in al,0f0h',     0xf0, 0",
        "CODE64, c8100002,                 'enter 16,2',     16, 2",
        "CODE64, d1e0,                     'shl eax,1',      1, 0",
        "CODE64, 668166087fff,             'and w [rsi+8]',  -129, 0",
        "CODE32, ea785634120800,           'jmp far',        0x12345678, 8",
        "CODE16, ea34120010,               'jmp far',        0x1234, 0x1000",
        "CODE16, 66ea785634120800,         'jmp far dword',  0x12345678, 8",
        "CODE32, 6a80,                     'push -128',      -128, 0",
        "CODE64, f7c078563412,             'test eax,imm',   0x12345678, 0"
    })
    void immediates(CodeSize size, String hex, String text, String immediate, int immediate2) {
        DecodedInstruction in = decode(size, hex);
        assertThat(in.immediate()).isEqualTo(Long.decode(immediate));
        assertThat(in.immediate2()).isEqualTo(immediate2);
        assertThat(in.length()).isEqualTo(hex.length() / 2);
    }

    @Test
    void ripRelativeOperandsExistIn64BitCodeOnly() {
        assertThat(decode(CodeSize.CODE64, "8b0510000000").ripRelative()).isTrue();
        assertThat(decode(CodeSize.CODE32, "8b0510000000").ripRelative()).isFalse();
        assertThat(decode(CodeSize.CODE64, "8b042510000000").ripRelative()).isFalse();
    }

    /** LOCK needs a read-modify-write of memory (SDM vol. 2A, "LOCK"). */
    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "CODE64, f001c3",
        "CODE64, f08b07",
        "CODE64, f0390f",
        "CODE64, f08907",
        "CODE64, f00307",
        "CODE64, f0f60701",
        "CODE64, f090",
        "CODE64, f00fa307",
        "CODE64, f0d127",
        "CODE64, f00f20c0",
        "CODE64, f0833f01",
        "CODE64, f087c3",
        "CODE64, f050",
        "CODE64, 0f0b",
        "CODE64, 0fffc0",
        "CODE64, 8dc0",
        "CODE64, 8ec8",
        "CODE64, 8ef0",
        "CODE32, c4c0"
    })
    void refusedByTheManual(CodeSize size, String hex) {
        DecodedInstruction in = decode(size, hex + "000000000000");
        assertThat(in.handler()).isEqualTo(InstructionSet.UNDEFINED);
        assertThat(in.endsBlock()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "f0010f",
        "f0830701",
        "f0ff07",
        "f0f71f",
        "f00fab07",
        "f00fba2f01",
        "f00fb107",
        "f00fc107",
        "f00fc70f",
        "f0480fc70f",
        "f08607"
    })
    void lockedUpdatesAreInstructionsLikeOthers(String hex) {
        DecodedInstruction in = decode(CodeSize.CODE64, hex);
        assertThat(in.handler()).isNotIn(InstructionSet.UNKNOWN, InstructionSet.UNDEFINED);
        assertThat(in.endsBlock()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"06", "27", "60", "9a", "c4", "ce", "d4", "d6", "ea", "82"})
    void opcodesThat64BitCodeLost(String hex) {
        assertThat(decode(CodeSize.CODE64, hex + "00000000000000000000").handler())
                .isEqualTo(InstructionSet.UNKNOWN);
    }

    @Test
    void tooLongAndTooShort() {
        byte[] prefixes = new byte[20];
        Arrays.fill(prefixes, (byte) 0x66);
        assertThat(decoder.decode(prefixes, 0, 20, CodeSize.CODE64).handler()).isEqualTo(InstructionSet.TOO_LONG);
        assertThat(decoder.decode(prefixes, 0, 15, CodeSize.CODE64).handler()).isEqualTo(InstructionSet.TOO_LONG);
        assertThat(decoder.decode(prefixes, 0, 14, CodeSize.CODE64)).isNull();
        prefixes[14] = (byte) 0x90;
        assertThat(decoder.decode(prefixes, 0, 20, CodeSize.CODE64).length()).isEqualTo(15);
        byte[] mov = HexFormat.of().parseHex("48b8efcdab8967452301");
        for (int limit = 0; limit < mov.length; limit++) {
            assertThat(decoder.decode(mov, 0, limit, CodeSize.CODE64)).isNull();
        }
    }

    /** F3 0F BC is BSF to a processor without BMI1; F3 90 is PAUSE, 90 nothing, 41 90 an exchange. */
    @Test
    void mandatoryPrefixes() {
        byte[] tzcnt = HexFormat.of().parseHex("f3480fbcc1");
        DecodedInstruction bsf = decode(CodeSize.CODE64, "480fbcc1");
        assertThat(decoder.decode(tzcnt, 0, 5, CodeSize.CODE64).handler()).isEqualTo(bsf.handler());
        assertThat(new Decoder(true, true).decode(tzcnt, 0, 5, CodeSize.CODE64).handler())
                .isNotEqualTo(bsf.handler());
        assertThat(decode(CodeSize.CODE64, "f390").endsBlock()).isTrue();
        assertThat(decode(CodeSize.CODE64, "f30f1efa").handler())
                .isEqualTo(decode(CodeSize.CODE64, "90").handler());
        assertThat(decode(CodeSize.CODE64, "4190").handler())
                .isEqualTo(decode(CodeSize.CODE64, "4891").handler());
    }

    @ParameterizedTest
    @CsvSource({
        "f4, true",
        "fb, true",
        "9d, true",
        "8ed0, true",
        "0f22d8, true",
        "0f30, true",
        "0f31, true",
        "0fa2, true",
        "ec, true",
        "0f01c1, true",
        "0f01d9, true",
        "0f0138, true",
        "0f0110, true",
        "f3aa, true",
        "aa, false",
        "c3, true",
        "f00107, false",
        "0f05, true",
        "48cf, true",
        "89c3, false",
        "9c, false",
        "0f01f8, true",
        "ff27, true",
        "ff37, false"
    })
    void endOfBlocks(String hex, boolean ends) {
        assertThat(decode(CodeSize.CODE64, hex).endsBlock()).isEqualTo(ends);
    }

    /** Whatever a guest executes, the decoder answers with an instruction of 1 to 15 bytes. */
    @Test
    void everyByteSequenceDecodes() {
        long seed = Long.getLong("synapic.seed", 1L);
        System.out.println("any bytes: -Dsynapic.seed=" + seed);
        Random random = new Random(seed);
        byte[] bytes = new byte[24];
        for (int i = 0; i < 300_000; i++) {
            random.nextBytes(bytes);
            bytes[0] = random.nextInt(4) == 0 ? (byte) 0xF0 : bytes[0];
            bytes[1] = random.nextInt(3) == 0 ? (byte) 0x0F : bytes[1];
            DecodedInstruction in = decoder.decode(bytes, 0, bytes.length, CodeSize.values()[i % 3]);
            assertThat(in.length()).isBetween(1, 15);
            assertThat(decoder.decode(bytes, 0, in.length(), CodeSize.values()[i % 3]))
                    .isNotNull();
        }
    }
}
