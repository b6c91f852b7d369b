// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.symbols;

import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.Machine;
import dev.synapic.machine.Vcpu;
import java.util.List;
import java.util.Optional;

/** The symbols of what runs in a machine. Between steps of its run, on its thread. */
public final class GuestSymbols {
    /** Where MSR LSTAR of a 64-bit Linux points. */
    private static final String SYSTEM_CALL_ENTRY = "entry_SYSCALL_64";

    private static final long PAGE_BYTES = 4096;

    private GuestSymbols() {}

    /** As the guest, a 64-bit Linux that has begun to run, keeps them itself, those of its modules too; none where it is something else. */
    public static SymbolTable inMemoryOf(Machine machine) {
        List<Symbol> kernel = Kallsyms.find(machine.memory());
        return kernel.isEmpty() ? SymbolTable.EMPTY : withModules(machine, SymbolTable.of(kernel));
    }

    /**
     * Those of a file, where this run has them: Linux moves its kernel to a random place, and where its entry for system calls is tells how
     * far. Throws {@link ConfigurationException} where they cannot be this kernel's.
     */
    public static SymbolTable ofFile(String name, SymbolTable file, Machine machine) {
        Optional<Symbol> entry = file.named(SYSTEM_CALL_ENTRY);
        long lstar = machine.vcpus().getFirst().cpu().snapshot().lstar();
        if (entry.isEmpty() || lstar == 0) {
            return file;
        }
        long shift = lstar - entry.get().address();
        if (shift % PAGE_BYTES != 0) {
            throw new ConfigurationException(
                    "%s: its symbols are not this kernel's: %s is at 0x%x, the guest's entry for system calls at 0x%x"
                            .formatted(name, SYSTEM_CALL_ENTRY, entry.get().address(), lstar));
        }
        return withModules(machine, file.moved(shift));
    }

    private static SymbolTable withModules(Machine machine, SymbolTable kernel) {
        Optional<Symbol> list = kernel.named(KernelModules.LIST);
        if (list.isEmpty()) {
            return kernel;
        }
        for (Vcpu vcpu : machine.vcpus()) {
            LinearView memory = new LinearView(vcpu.cpu(), machine.memory());
            // The page tables of a program, where they are separate, do not map the kernel.
            if (memory.isMapped(list.get().address())) {
                return kernel.with(new KernelModules(memory).symbols(list.get().address()));
            }
        }
        return kernel;
    }
}
