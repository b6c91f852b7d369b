/** The x86-64 engine. It sees interrupts, ports, MSRs and time only through the ports that it declares. */
module dev.synapic.cpu {
    requires static org.jspecify;
    requires transitive dev.synapic.guestmem;
    requires transitive dev.synapic.spec;

    exports dev.synapic.cpu;
}
