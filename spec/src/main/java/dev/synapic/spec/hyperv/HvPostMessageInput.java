// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

/**
 * Input of HvCallPostMessage (TLFS).
 *
 * <pre>
 *  offset 0             4         8               12             16                  255
 *        +-------------+---------+---------------+--------------+-------------------+
 *        | connection  | RsvdZ   | message type  | payload size | payload, 240 bytes|
 *        +-------------+---------+---------------+--------------+-------------------+
 * </pre>
 */
public final class HvPostMessageInput {
    public static final int SIZE = 256;
    public static final int PAYLOAD_OFFSET = 16;

    private HvPostMessageInput() {}
}
