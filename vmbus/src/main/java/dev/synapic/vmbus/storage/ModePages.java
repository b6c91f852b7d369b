// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.storage;

import dev.synapic.spec.scsi.SenseCode;
import java.util.Arrays;

/** What MODE SENSE tells (SPC-4, 6.11 and 7.5; SBC-3, 6.5). Nothing of it can be changed or saved. */
final class ModePages {
    /** With a write cache, which SYNCHRONIZE CACHE empties. */
    private static final byte[] CACHING = page(0x08, 20, 0x04);

    private static final byte[] CONTROL = page(0x0A, 12, 0);

    private static final int ALL_PAGES = 0x3F;
    private static final int ALL_SUBPAGES = 0xFF;
    private static final int CHANGEABLE = 1;
    private static final int SAVED = 3;
    private static final int WRITE_PROTECTED = 0x80;
    private static final int DPO_AND_FUA = 0x10;

    private final int deviceSpecific;

    ModePages(boolean readOnly) {
        this.deviceSpecific = DPO_AND_FUA | (readOnly ? WRITE_PROTECTED : 0);
    }

    private static byte[] page(int code, int bytes, int third) {
        byte[] page = new byte[bytes];
        page[0] = (byte) code;
        page[1] = (byte) (bytes - 2);
        page[2] = (byte) third;
        return page;
    }

    void sense6(ScsiTask task) {
        byte[] data = new byte[4 + CACHING.length + CONTROL.length];
        int length = pages(task, data, 4);
        if (length > 4) {
            data[0] = (byte) (length - 1);
            data[2] = (byte) deviceSpecific;
            task.answer(data, length, task.get8(4));
        }
    }

    void sense10(ScsiTask task) {
        byte[] data = new byte[8 + CACHING.length + CONTROL.length];
        int length = pages(task, data, 8);
        if (length > 8) {
            data[1] = (byte) (length - 2);
            data[3] = (byte) deviceSpecific;
            task.answer(data, length, task.get16(7));
        }
    }

    /** Behind the header; the length then. Where the task asks for what there is not, it has failed, and there is none. */
    private static int pages(ScsiTask task, byte[] data, int header) {
        int control = task.get8(2) >> 6;
        int code = task.get8(2) & ALL_PAGES;
        int subpage = task.get8(3);
        if (control == SAVED) {
            task.fail(SenseCode.SAVING_PARAMETERS_NOT_SUPPORTED);
            return 0;
        }
        int length = header;
        if (subpage == 0 || subpage == ALL_SUBPAGES) {
            length = add(CACHING, code, control, data, length);
            length = add(CONTROL, code, control, data, length);
        }
        if (length == header) {
            task.fail(SenseCode.INVALID_FIELD_IN_CDB);
        }
        return length;
    }

    private static int add(byte[] page, int code, int control, byte[] data, int at) {
        if (code != ALL_PAGES && code != page[0]) {
            return at;
        }
        System.arraycopy(page, 0, data, at, page.length);
        if (control == CHANGEABLE) {
            Arrays.fill(data, at + 2, at + page.length, (byte) 0);
        }
        return at + page.length;
    }
}
