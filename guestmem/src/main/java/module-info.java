/** Guest RAM: bounds-checked, little-endian, with atomics and write watching. */
module dev.synapic.guestmem {
    requires static org.jspecify;

    exports dev.synapic.guestmem;
}
