// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.decode;

/** The bytes of one instruction, front to back; behind the last one there is, zeros are read, and counted. */
final class CodeBytes {
    private final byte[] bytes;
    private final int start;
    private final int limit;
    private int position;

    /** The instruction begins at bytes[start]; nothing is known behind bytes[limit - 1]. */
    CodeBytes(byte[] bytes, int start, int limit) {
        this.bytes = bytes;
        this.start = start;
        this.limit = limit;
        this.position = start;
    }

    /** The next byte, zero-extended. */
    int next() {
        int at = position++;
        return at < limit ? bytes[at] & 0xFF : 0;
    }

    /** So many bytes (0 to 8), little-endian, zero-extended. */
    long next(int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            value |= (long) next() << 8 * i;
        }
        return value;
    }

    /** Whether bytes were read that nobody has given, and an instruction may be longer than what was given. */
    boolean endsTooEarly() {
        return position > limit && limit - start < Decoder.MAX_LENGTH;
    }

    /** Whether it was too long for an instruction; then it is as long as the longest. */
    boolean cutToLongest() {
        boolean tooLong = position > limit || length() > Decoder.MAX_LENGTH;
        if (tooLong) {
            position = start + Decoder.MAX_LENGTH;
        }
        return tooLong;
    }

    int length() {
        return position - start;
    }

    /** Index behind the last byte that was read. */
    int position() {
        return position;
    }
}
