/** The interrupt fabric: local APICs, interrupt chips, routing, SynIC and paravirtual front ends. */
module dev.synapic.interrupts {
    requires static org.jspecify;
    requires transitive dev.synapic.guestmem;
    requires transitive dev.synapic.spec;

    exports dev.synapic.interrupts;
    exports dev.synapic.interrupts.apic;
    exports dev.synapic.interrupts.apicv;
    exports dev.synapic.interrupts.hyperv;
    exports dev.synapic.interrupts.ioapic;
    exports dev.synapic.interrupts.kvm;
    exports dev.synapic.interrupts.msi;
    exports dev.synapic.interrupts.pic;
    exports dev.synapic.interrupts.pit;
    exports dev.synapic.interrupts.routing;
}
