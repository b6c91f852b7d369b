/** Vocabulary of the manuals: registers, MSRs, CPUID leaves and ABI layouts. No behaviour, no dependencies. */
module dev.synapic.spec {
    requires static org.jspecify;

    exports dev.synapic.spec.x86;
    exports dev.synapic.spec.hyperv;
    exports dev.synapic.spec.kvm;
    exports dev.synapic.spec.scsi;
    exports dev.synapic.spec.vmbus;
}
