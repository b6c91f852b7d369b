/** The host's side of VMBus, on the VMM's side of the interrupt fabric. */
module dev.synapic.vmbus {
    requires static org.jspecify;
    requires transitive dev.synapic.guestmem;
    requires transitive dev.synapic.interrupts;
    requires transitive dev.synapic.spec;

    exports dev.synapic.vmbus;
    exports dev.synapic.vmbus.input;
    exports dev.synapic.vmbus.integration;
    exports dev.synapic.vmbus.storage;
}
