// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

/** Instructions per second on three loops, for a quick look while working on the engine; the benchmarks proper are elsewhere. */
final class Throughput {
    private static final String ALU =
            "4801d84831ca48c1e2034883eb07480fafc1488d74500581e6ff0000004809f748ffc14839f975019049ffcf75d2f4";
    private static final String MEMORY = "488b0648034608488946100fb64e03890f014704807e0103488d761881e6ffff3f00"
            + "81ce000040004883c74081e7ffff030081cf0000800049ffcf75c3f4";
    private static final String CALL =
            "4c89ffe8090000004801c349ffcf75f0f4554889e553488d5f03f6c3017407e80a000000eb05e8080000005b5dc3"
                    + "488d049bc34889d848c1f802c3";

    private Throughput() {}

    public static void main(String[] arguments) {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
        for (int round = 0; round < rounds; round++) {
            System.out.printf("alu %.0f  memory %.0f  call %.0f MIPS%n", mips(ALU), mips(MEMORY), mips(CALL));
        }
    }

    private static double mips(String hex) {
        try (TestMachine machine = new TestMachine().long64(hex)) {
            machine.cpu.gpr[15] = 20_000_000;
            machine.cpu.gpr[TestMachine.RSI] = 0x40_0000;
            machine.cpu.gpr[TestMachine.RDI] = 0x80_0000;
            long start = System.nanoTime();
            while (machine.cpu.run(100_000) == StopReason.BUDGET) {}
            return machine.cpu.retiredInstructions() * 1e3 / (System.nanoTime() - start);
        }
    }
}
