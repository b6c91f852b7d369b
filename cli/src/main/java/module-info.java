/** The command line: the only place for standard output, the user's files and exit codes. */
@SuppressWarnings("requires-automatic") // commons-compress has no descriptor of its own
module dev.synapic.cli {
    requires static org.jspecify;
    requires dev.synapic.machine;
    requires java.xml;
    requires info.picocli;
    requires org.apache.commons.compress;
    requires org.tukaani.xz;
    requires tools.jackson.core;
    requires tools.jackson.jr.ob;

    opens dev.synapic.cli to
            info.picocli;
}
