/** The interrupt fabric: local APICs, routing, SynIC and paravirtual front ends. */
module dev.synapic.interrupts {
    requires static org.jspecify;
    requires transitive dev.synapic.guestmem;
    requires transitive dev.synapic.spec;

    exports dev.synapic.interrupts.apic;
    exports dev.synapic.interrupts.apicv;
    exports dev.synapic.interrupts.hyperv;
    exports dev.synapic.interrupts.kvm;
    exports dev.synapic.interrupts.routing;
}
