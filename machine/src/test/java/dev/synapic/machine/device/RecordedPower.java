// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import java.util.ArrayList;
import java.util.List;

/** Notes what devices do to the machine. */
final class RecordedPower implements PowerPort {
    private final List<String> events = new ArrayList<>();

    @Override
    public void powerOff() {
        events.add("off");
    }

    @Override
    public void sleepForever(int type) {
        events.add("sleep " + type);
    }

    @Override
    public void reset(Reset reach, String by) {
        events.add(reach + " by " + by);
    }

    List<String> events() {
        return events;
    }
}
