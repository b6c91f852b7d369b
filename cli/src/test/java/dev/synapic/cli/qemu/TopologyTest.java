// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.machine.ConfigurationException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** QEMU 7.2, hw/core/machine-smp.c: what is left open becomes cores, then threads, sockets only where cores are given. */
class TopologyTest {
    @ParameterizedTest
    @CsvSource({
        "'4', 4, 1, 1, 4, 1",
        "'cpus=4', 4, 1, 1, 4, 1",
        "'4,sockets=2', 4, 2, 1, 2, 1",
        "'4,cores=1', 4, 4, 1, 1, 1",
        "'8,cores=2,threads=2', 8, 2, 1, 2, 2",
        "'8,sockets=2,dies=2,cores=2', 8, 2, 2, 2, 1",
        "'8,sockets=1,cores=4', 8, 1, 1, 4, 2",
        "'sockets=2,cores=2,threads=2', 8, 2, 1, 2, 2",
        "'2,maxcpus=8', 2, 1, 1, 8, 1",
    })
    void whatIsLeftOpenIsComputed(String text, int cpus, int sockets, int dies, int cores, int threads) {
        assertThat(Topology.parse(text)).isEqualTo(new Topology(cpus, sockets, dies, cores, threads));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "3,cores=2   | product of the hierarchy must match maxcpus: sockets (1) * dies (1) * cores (2) *"
                        + " threads (1) != maxcpus (3)",
                "8,maxcpus=4 | maxcpus must be equal to or greater than smp: maxcpus (4) < smp_cpus (8)",
                "0           | -smp 0: cpus is a number from 1 to 1024",
                "2,foo=3     | Parameter 'smp.foo' is unexpected",
                "two         | -smp two: cpus is a number",
                "sockets=1024,dies=1024,cores=1024,threads=1024 | != maxcpus",
            })
    void aTopologyThatDoesNotAddUpIsRefused(String text, String message) {
        assertThatThrownBy(() -> Topology.parse(text))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(message);
    }
}
