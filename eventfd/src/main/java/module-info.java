/** Linux's own eventfds in front of the fabric's, so that other processes can raise interrupts and hear that they ended. */
module dev.synapic.eventfd {
    requires static org.jspecify;
    requires transitive dev.synapic.interrupts;

    exports dev.synapic.eventfd;
}
