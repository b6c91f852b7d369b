// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

/** What somebody types at a machine's console. The machine asks on its own thread. */
public interface ConsoleInput {
    /** Nobody types. */
    ConsoleInput NONE = new ConsoleInput() {
        @Override
        public boolean ready() {
            return false;
        }

        @Override
        public boolean open() {
            return false;
        }

        @Override
        public boolean await() {
            return false;
        }

        @Override
        public boolean await(long nanos) {
            HostClock.sleep(nanos);
            return false;
        }

        @Override
        public int next() {
            throw new IllegalStateException("nobody types");
        }
    };

    /** Whether there is a byte. Asked very often. */
    boolean ready();

    /** Whether there is a byte or may come one. */
    boolean open();

    /** Waits for a byte; false where none will ever come. */
    boolean await();

    /** Waits so many nanoseconds of the wall clock, or until there is a byte: true then. */
    boolean await(long nanos);

    /** Takes the byte that there is, 0 to 255. */
    int next();

    /**
     * Whether bytes are better kept until the guest reads its console, as those of a script or of who types ahead: a kernel that sets up
     * its serial port throws away what has come before.
     */
    default boolean patient() {
        return false;
    }
}
