// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.simd;

import dev.synapic.cpu.softfloat.SoftFloat;

/**
 * An arithmetic operation twice: by Java's own, which is right where the result is rounded to nearest and no flag changes, and by
 * {@link SoftFloat}, which is always right.
 */
enum FloatOperation {
    ADD {
        @Override
        float quick(float a, float b) {
            return a + b;
        }

        @Override
        double quick(double a, double b) {
            return a + b;
        }

        @Override
        void exact(SoftFloat floats) {
            floats.add();
        }
    },
    SUB {
        @Override
        float quick(float a, float b) {
            return a - b;
        }

        @Override
        double quick(double a, double b) {
            return a - b;
        }

        @Override
        void exact(SoftFloat floats) {
            floats.subtract();
        }
    },
    MUL {
        @Override
        float quick(float a, float b) {
            return a * b;
        }

        @Override
        double quick(double a, double b) {
            return a * b;
        }

        @Override
        void exact(SoftFloat floats) {
            floats.multiply();
        }
    },
    DIV {
        @Override
        float quick(float a, float b) {
            return a / b;
        }

        @Override
        double quick(double a, double b) {
            return a / b;
        }

        @Override
        void exact(SoftFloat floats) {
            floats.divide();
        }
    },
    /** Of its second operand. */
    SQRT {
        @Override
        float quick(float a, float b) {
            return (float) Math.sqrt(b);
        }

        @Override
        double quick(double a, double b) {
            return Math.sqrt(b);
        }

        @Override
        void exact(SoftFloat floats) {
            floats.a.set(floats.b);
            floats.squareRoot();
        }
    },
    MIN {
        @Override
        float quick(float a, float b) {
            return a < b ? a : b;
        }

        @Override
        double quick(double a, double b) {
            return a < b ? a : b;
        }

        @Override
        void exact(SoftFloat floats) {
            choose(floats, -1);
        }
    },
    MAX {
        @Override
        float quick(float a, float b) {
            return a > b ? a : b;
        }

        @Override
        double quick(double a, double b) {
            return a > b ? a : b;
        }

        @Override
        void exact(SoftFloat floats) {
            choose(floats, 1);
        }
    };

    abstract float quick(float a, float b);

    abstract double quick(double a, double b);

    /** Makes floats.result of floats.a and floats.b, not rounded yet. */
    abstract void exact(SoftFloat floats);

    /** Whether the result has to be rounded: it is no operand. */
    boolean rounds() {
        return this != MIN && this != MAX;
    }

    /** MIN and MAX take the second operand, as it is, where neither is the wanted one (SDM vol. 2A, "MAXPD"). */
    private static void choose(SoftFloat floats, int wanted) {
        boolean first = floats.compare(true) == wanted;
        floats.result.set(first ? floats.a : floats.b);
    }
}
