// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.storage;

import dev.synapic.spec.scsi.ScsiStatus;
import dev.synapic.spec.scsi.SenseCode;
import dev.synapic.spec.vmbus.VstorPacket;
import dev.synapic.vmbus.GuestBuffer;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A command, the guest's memory for its data, and how it ended. One object serves one command after another. */
final class ScsiTask {
    private final byte[] cdb = new byte[VstorPacket.MOST_CDB_BYTES];
    private final byte[] sense = new byte[SenseCode.FIXED_BYTES];
    private @Nullable GuestBuffer memory;
    private int room;
    private int status;
    private int transferred;

    /**
     * The next command.
     *
     * @param from the command, of at most 16 bytes; what is missing is 0
     * @param bytes of the memory that the command may use, within it
     */
    void start(ByteBuffer from, @Nullable GuestBuffer newMemory, int bytes) {
        Arrays.fill(cdb, (byte) 0);
        from.get(cdb, 0, from.remaining());
        memory = newMemory;
        room = newMemory == null ? 0 : bytes;
        good(0);
    }

    // ---- the command

    int opcode() {
        return get8(0);
    }

    int get8(int at) {
        return cdb[at] & 0xFF;
    }

    int get16(int at) {
        return get8(at) << 8 | get8(at + 1);
    }

    /** 0 to 2^32 - 1. */
    long get32(int at) {
        return (long) get16(at) << 16 | get16(at + 2);
    }

    /** As unsigned. */
    long get64(int at) {
        return get32(at) << 32 | get32(at + 4);
    }

    // ---- its data

    /** Bytes of the guest's memory. */
    int room() {
        return room;
    }

    /** Within the room. */
    void toGuest(int to, byte[] bytes, int at, int count) {
        if (memory != null) {
            memory.write(to, bytes, at, count);
        }
    }

    /** Within the room. */
    void fromGuest(int from, byte[] into, int at, int count) {
        if (memory != null) {
            memory.read(from, into, at, count);
        }
    }

    // ---- its end

    void good(int bytes) {
        status = ScsiStatus.GOOD;
        transferred = bytes;
    }

    /** Gives the guest an answer, as far as the command allows and there is room (SPC-4, 4.2.5.6). */
    void answer(byte[] bytes, int length, long allocated) {
        int count = (int) Math.min(Math.min(length, allocated), room);
        toGuest(0, bytes, 0, count);
        good(count);
    }

    /** code is one of {@link SenseCode}. */
    void fail(int code) {
        status = ScsiStatus.CHECK_CONDITION;
        transferred = 0;
        putSense(sense, code);
    }

    static void putSense(byte[] fixed, int code) {
        fixed[0] = SenseCode.FIXED_CURRENT;
        fixed[2] = (byte) (code >> 16);
        fixed[7] = SenseCode.FIXED_BYTES - 8;
        fixed[12] = (byte) (code >> 8);
        fixed[13] = (byte) code;
    }

    boolean isGood() {
        return status == ScsiStatus.GOOD;
    }

    /** One of {@link ScsiStatus}. */
    int status() {
        return status;
    }

    int transferred() {
        return transferred;
    }

    /** Of a command that failed, in the fixed format. */
    byte[] sense() {
        return sense;
    }
}
