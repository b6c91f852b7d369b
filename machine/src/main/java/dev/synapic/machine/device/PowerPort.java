// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

/** What devices do to the machine as a whole. */
public interface PowerPort {
    /** How much of the machine a reset reaches. */
    enum Reset {
        /** INIT of the processors: what a PC's keyboard controller, port 0x92 and a "CPU reset" at 0xCF9 cause. */
        PROCESSORS,
        /** Everything. */
        MACHINE
    }

    /** The guest switches the machine off. */
    void powerOff();

    /**
     * The guest sleeps in a state that the machine does not offer, so that no event is there that ends it.
     *
     * @param type SLP_TYP, 0 to 7
     */
    void sleepForever(int type);

    /** The guest resets the machine; by names the way, for people. */
    void reset(Reset reach, String by);
}
