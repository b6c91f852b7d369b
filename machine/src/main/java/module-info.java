/** The virtual machine: the only place where the CPU engine meets the interrupt fabric. */
module dev.synapic.machine {
    requires static org.jspecify;
    requires transitive dev.synapic.cpu;
    requires transitive dev.synapic.guestmem;
    requires transitive dev.synapic.interrupts;
    requires transitive dev.synapic.spec;
    requires transitive dev.synapic.vmbus;

    exports dev.synapic.machine;
    exports dev.synapic.machine.block;
    exports dev.synapic.machine.device;
    exports dev.synapic.machine.device.iommu;
    exports dev.synapic.machine.exits;
    exports dev.synapic.machine.loader;
    exports dev.synapic.machine.symbols;
    exports dev.synapic.machine.trace;
}
