// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.vmbus;

/**
 * A message of the key-value exchange behind its {@link IntegrationMessage} header: operation, pool, padding, then what
 * the operation has (Linux, include/uapi/linux/hyperv.h, struct hv_kvp_msg). Texts are UTF-16 with a zero at their end,
 * which their sizes include.
 */
public final class KvpMessage {
    public static final int OPERATION = 0;
    public static final int POOL = 1;
    /** Where the operation's part begins. */
    public static final int HEADER_BYTES = 4;

    public static final int OP_GET = 0;
    public static final int OP_SET = 1;
    public static final int OP_DELETE = 2;
    public static final int OP_ENUMERATE = 3;

    /** An index in front of the value. */
    public static final int ENUMERATE_INDEX_BYTES = 4;

    /** Of a value: type, size of the key, size of the value in bytes; key; value. */
    public static final int VALUE_TYPE = 0;

    public static final int KEY_SIZE = 4;
    public static final int VALUE_SIZE = 8;
    public static final int KEY = 12;
    public static final int MOST_KEY_BYTES = 512;
    public static final int VALUE = KEY + MOST_KEY_BYTES;
    public static final int MOST_VALUE_BYTES = 2048;
    public static final int VALUE_BYTES = VALUE + MOST_VALUE_BYTES;

    /** Of a deletion: size of the key, key. */
    public static final int DELETE_BYTES = 4 + MOST_KEY_BYTES;

    public static final int TYPE_STRING = 1;
    public static final int TYPE_U32 = 4;
    public static final int TYPE_U64 = 11;

    private KvpMessage() {}
}
