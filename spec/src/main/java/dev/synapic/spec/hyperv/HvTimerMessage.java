// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

/**
 * Payload of a timer expiration message (TLFS, HV_TIMER_MESSAGE_PAYLOAD). Times are in 100 ns of the reference counter.
 *
 * <pre>
 *  offset 0        4           8                 16               24
 *        +--------+-----------+-----------------+----------------+
 *        | timer  | reserved  | expiration time | delivery time  |
 *        +--------+-----------+-----------------+----------------+
 * </pre>
 */
public final class HvTimerMessage {
    public static final int SIZE = 24;
    public static final int TIMER_INDEX_OFFSET = 0;
    public static final int EXPIRATION_TIME_OFFSET = 8;
    public static final int DELIVERY_TIME_OFFSET = 16;

    private HvTimerMessage() {}
}
