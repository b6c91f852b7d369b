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
        public boolean await() {
            return false;
        }

        @Override
        public int next() {
            throw new IllegalStateException("nobody types");
        }
    };

    /** Whether there is a byte. */
    boolean ready();

    /** Waits for a byte; false where none will ever come. */
    boolean await();

    /** Takes the byte that there is, 0 to 255. */
    int next();
}
