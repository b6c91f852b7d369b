// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a line of the oracle's input may be, and what it gets that is none. */
class OracleRequestsTest {
    private final OracleClient oracle = new OracleClient();

    @AfterEach
    void close() {
        oracle.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1",
                "-0.50",
                "\"x\"",
                "\"a\\\"\\u0000\"",
                "null",
                "true",
                "[]",
                "{\"a\":[1,{\"b\":1.0}]}",
                "1e400",
                "123456789012345678901234567890"
            })
    void anyJsonValueIsAnIdAndComesBackAsItWas(String id) {
        assertThat(oracle.send("{\"op\":\"create\",\"id\":" + id + "}\n").getFirst())
                .startsWith("{\"id\":" + id + ",\"result\":");
    }

    @Test
    void aReplyToARequestWithoutIdHasNone() {
        assertThat(oracle.ask("{'op':'create'}")).doesNotContainKey("id");
    }

    @Test
    void anErrorKeepsTheIdThatStoodBeforeIt() {
        assertThat(oracle.send("{\"id\":7,\"op\":}\n").getFirst()).startsWith("{\"id\":7,\"error\":\"bad JSON: ");
    }

    @Test
    void afterAnErrorTheNextRequestIsAnswered() {
        assertThat(oracle.send("]\n{\"op\":\"create\"}\n\u0000\n{\"op\":\"reset\"}\n"))
                .satisfiesExactly(
                        bad -> assertThat(bad).contains("error"),
                        made -> assertThat(made).contains("result"),
                        bad -> assertThat(bad).contains("error"),
                        reset -> assertThat(reset).contains("result"));
    }

    @Test
    void blankLinesAreNothingAndTheLastLineNeedsNoEnd() {
        assertThat(oracle.send("\n \t\r\n{\"op\":\"create\"}\r\n\n{\"op\":\"reset\"}"))
                .hasSize(2);
    }

    @Test
    void aLineThatIsTooLongIsAnErrorAndTheNextOneIsRead() {
        String longLine = "{\"op\":\"" + "x".repeat(OracleClient.LONGEST_LINE) + "\"}";
        assertThat(oracle.send(longLine + "\n{\"op\":\"create\"}\n" + longLine))
                .satisfiesExactly(
                        first -> assertThat(first)
                                .isEqualTo("{\"error\":\"the line is longer than 1048576 bytes; see --max-line\"}"),
                        second -> assertThat(second).contains("result"),
                        third -> assertThat(third).contains("longer than 1048576 bytes"));
    }

    @Test
    void aLineOfTheGreatestLengthIsRead() {
        String request = "{\"op\":\"create\"}";
        String padded = request + " ".repeat(OracleClient.LONGEST_LINE - request.length());
        assertThat(oracle.send(padded + "\n" + padded))
                .allSatisfy(reply -> assertThat(reply).contains("result"));
        assertThat(oracle.send(padded + " ").getFirst()).contains("longer");
    }

    @Test
    void nestingWithoutEndIsAnError() {
        assertThat(oracle.send("[".repeat(100_000) + "\n" + "{\"id\":" + "[".repeat(100_000) + "\n" + "{\"x\":"
                        + "{\"x\":".repeat(50_000) + "\n"))
                .hasSize(3)
                .allSatisfy(reply -> assertThat(reply).contains("error"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        {'op':'state'}                                              | there is no fabric yet; send {"op":"create"} first
        {}                                                          | field 'op' is missing
        {'op':1}                                                    | field 'op' is 1; give a string of 1 to 40 characters
        {'op':'msr'}                                                | field 'op' is "msr"; there are: create, acknowledge, advance, eoi, hypercall, irqfd, line, mem-read, mem-write, mmio-read, mmio-write, msi, msr-read, msr-write, post-message, reset, restore, route, signal, signal-event, state
        {'op':'create','op':'state'}                                | field 'op' stands there twice
        {'op':'create','id':1,'id':2}                               | field 'id' stands there twice
        {'op':'create'} {'op':'create'}                             | behind the request stands more; give one object on each line
        [1]                                                         | a request is a JSON object, such as {"op":"state"}
        {'op':'create'                                              | bad JSON: Unexpected end-of-input: expected close marker for Object (column 15)
        {'op':'create','vcpu':2}                                    | field 'vcpu' is unknown; there are: acceleration, apicIds, apicMode, apicTimerNanosPerTick, apicvPolicy, connections, directedEoi, events, extendedDestinations, face, ioapicVersion, irqchip, lowestPriority, memory, op, physicalAddressBits, reservedBits, svr, synic, tscDeadline, tscTicksPerNano, vcpus
        {'op':'create','vcpus':0}                                   | field 'vcpus' is 0; give 1 to 1024
        {'op':'create','vcpus':1025}                                | field 'vcpus' is 1025; give 1 to 1024
        {'op':'create','vcpus':'0x'}                                | field 'vcpus' is "0x"; give a whole number or a hex string such as "0x41"
        {'op':'create','vcpus':1.5}                                 | field 'vcpus' is 1.5; give a whole number or a hex string such as "0x41"
        {'op':'create','vcpus':null}                                | field 'vcpus' is null; give a whole number or a hex string such as "0x41"
        {'op':'create','vcpus':18446744073709551616}                | field 'vcpus' is 18446744073709551616; a number has 64 bits
        {'op':'create','memory':4097}                               | field 'memory' is 0x1001; give bytes, a multiple of 0x1000 up to 0x10000000
        {'op':'create','memory':'0x10001000'}                       | field 'memory' is 0x10001000; give bytes, a multiple of 0x1000 up to 0x10000000
        {'op':'create','face':'xen'}                                | field 'face' is "xen"; there are: both, hyperv, kvm, none
        {'op':'create','tscDeadline':1}                             | field 'tscDeadline' is 1; give true or false
        {'op':'create','apicIds':[1,1]}                             | field 'apicIds' has 0x1; give ids up to 0xfffff, each one once
        {'op':'create','apicIds':[0],'vcpus':2}                     | field 'apicIds' has 1 elements; give one for each of 2 vCPUs
        {'op':'create','apicIds':{}}                                | field 'apicIds' is an object; give a list
        {'op':'create','directedEoi':'enabled'}                     | field 'directedEoi' is "enabled"; that needs "ioapicVersion":"0x20"
        {'op':'create','events':['kvm_exit']}                       | field 'events' has "kvm_exit"; there are: eventfd, guest_crash, guest_reset, kvm_ack_irq, kvm_apic_accept_irq, kvm_apic_ipi, kvm_apicv_inhibit_changed, kvm_eoi, kvm_hv_hypercall, kvm_hv_notify_acked_sint, kvm_hv_send_ipi, kvm_hv_send_ipi_ex, kvm_hv_synic_set_irq, kvm_hv_synic_set_msr, kvm_hypercall, kvm_inj_nmi, kvm_inj_virq, kvm_pv_eoi, kvm_pvclock_update, kvm_set_irq, vcpu_start
        {'op':'create','connections':[3]}                           | field 'connections[0]' is 3; give an object
        {'op':'create','connections':[{'id':1}]}                    | field 'connections[0].kind' is missing
        {'op':'create','connections':[{'id':1,'kind':'event','vp':1,'sint':0}]} | field 'connections[0].vp' is 1; give 0 to 0
        """)
    void aRequestThatMakesNoSenseGetsASentenceThatNamesTheField(String request, String error) {
        assertThat(oracle.error(request)).isEqualTo(error);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        {'op':'msr-read','vcpu':1,'msr':16}                         | field 'vcpu' is 1; give 0 to 0
        {'op':'msr-read','vcpu':0}                                  | field 'msr' is missing
        {'op':'msr-read','vcpu':0,'msr':'0x100000000'}              | field 'msr' is "0x100000000"; it has 32 bits
        {'op':'msr-write','vcpu':0,'msr':16}                        | field 'value' is missing
        {'op':'mmio-read','vcpu':0,'gpa':0}                         | field 'gpa' is 0x0, which is RAM; use mem-read and mem-write
        {'op':'mmio-write','vcpu':0,'gpa':0,'value':0}              | field 'gpa' is 0x0, which is RAM; use mem-read and mem-write
        {'op':'mmio-read','vcpu':0,'gpa':'0xfee00020','size':3}     | field 'size' is 3; give 1, 2, 4 or 8
        {'op':'mmio-read','vcpu':0,'port':32,'size':1}              | field 'port' stands alone: an access to a port has one byte, and no 'gpa' or 'size'
        {'op':'mem-read','gpa':'0xffffff'}                          | field 'gpa' is 0xffffff; RAM is below 0x1000000, and the access has 4 bytes
        {'op':'mem-read','gpa':-1}                                  | field 'gpa' is 0xffffffffffffffff; RAM is below 0x1000000, and the access has 4 bytes
        {'op':'mem-read','gpa':0,'size':4,'length':4}               | field 'size' stands beside 'length'; give one of them
        {'op':'mem-read','gpa':0,'length':65537}                    | field 'length' is 65537; give 1 to 65536
        {'op':'mem-write','gpa':0,'data':'0'}                       | field 'data' is "0"; give pairs of hex digits
        {'op':'mem-write','gpa':0,'data':5}                         | field 'data' is no string of at most 65536 bytes; give pairs of hex digits
        {'op':'mem-write','gpa':0,'data':'00','value':1}            | field 'data' stands beside 'value' or 'size'; give one of them
        {'op':'hypercall','vcpu':0,'longMode':64}                   | field 'longMode' is 64; give true or false
        {'op':'hypercall','vcpu':0,'xmm':[0,'x']}                   | field 'xmm[1]' is "x"; give a whole number or a hex string such as "0x41"
        {'op':'line','gsi':4096,'level':1}                          | field 'gsi' is 4096; give 0 to 4095
        {'op':'line','gsi':4,'level':2}                             | field 'level' is 2; give 0 to 1
        {'op':'line','gsi':4,'level':1,'source':64}                 | field 'source' is 64; give 0 to 63
        {'op':'route'}                                              | give one of the fields 'set', 'add' and 'remove'
        {'op':'route','add':[{'gsi':24,'type':'xen'}]}              | field 'add[0].type' is "xen"; there are: hv-sint, irqchip, msi
        {'op':'route','add':[{'gsi':24,'type':'msi'}]}              | field 'add[0].address' is missing
        {'op':'route','add':[{'gsi':2048,'type':'hv-sint','vp':0,'sint':0}]} | field 'add[0].gsi' is 2048; the client's are 0 to 2047
        {'op':'route','add':[{'gsi':24,'type':'irqchip','chip':2,'pin':24}]} | EINVAL: gsi 24: chip 2 has no pin 24
        {'op':'route','add':[{'gsi':24,'type':'msi','address':0,'data':0},{'gsi':24,'type':'msi','address':0,'data':0}]} | EINVAL: gsi 24 has a route already; only pins of different chips may share one
        {'op':'route','remove':[2048]}                              | field 'remove' is 2048; the client's are 0 to 2047
        {'op':'irqfd','gsi':24,'eventfd':''}                        | field 'eventfd' is ""; give a string of 1 to 64 characters
        {'op':'irqfd','gsi':24,'eventfd':'a','resample':'a'}        | EINVAL: the resample eventfd must be another one than the trigger
        {'op':'irqfd','gsi':24,'eventfd':'a','resample':'b','deassign':true} | field 'resample' stands beside 'deassign'; the irqfd is known by 'gsi' and 'eventfd'
        {'op':'signal','eventfd':'a','count':0}                     | field 'count' is 0; give 1 to 4294967295
        {'op':'post-message','vp':0,'sint':16,'type':1}             | field 'sint' is 16; give 0 to 15
        {'op':'post-message','vp':0,'sint':2,'type':0}              | field 'type' is 0, which means an empty slot; a message has another one
        {'op':'signal-event','vp':0,'sint':2,'flag':2048}           | field 'flag' is 2048; give 0 to 2047
        {'op':'advance','ns':-1}                                    | field 'ns' is -1; give 0 to 9007199254740991
        {'op':'acknowledge','vcpu':0,'source':'smi'}                | field 'source' is "smi"; there are: apic, init, kick, nmi, pic, sipi
        {'op':'restore','state':{}}                                 | field 'state.version' is missing
        {'op':'restore','state':7}                                  | field 'state' is 7; give an object
        {'op':'reset','now':true}                                   | field 'now' is unknown; there are: op
        """)
    void aFieldThatIsNotAsItMustBeIsNamed(String request, String error) {
        oracle.result("{'op':'create'}");
        assertThat(oracle.error(request)).isEqualTo(error);
    }

    @Test
    void aRefusedCreateLeavesTheFabricThatThereIs() {
        oracle.result("{'op':'create','vcpus':2}");
        oracle.error(
                "{'op':'create','connections':[{'id':1,'kind':'eventfd','eventfd':'a'},{'id':1,'kind':'eventfd','eventfd':'b'}]}");
        assertThat(oracle.result("{'op':'msr-read','vcpu':1,'msr':'0x1b'}")).isEqualTo("0xfee00800");
    }

    @Test
    void numbersAreDecimalOrHexUnsignedOrNegative() {
        oracle.result("{'op':'create'}");
        for (String ones :
                new String[] {"-1", "18446744073709551615", "'0xffffffffffffffff'", "'0xFFFFFFFFFFFFFFFF'"}) {
            oracle.result("{'op':'mem-write','gpa':0,'size':8,'value':" + ones + "}");
            assertThat(oracle.result("{'op':'mem-read','gpa':0,'size':8}")).isEqualTo("0xffffffffffffffff");
            oracle.result("{'op':'mem-write','gpa':0,'size':8,'value':0}");
        }
    }

    /** Otherwise a schema that allows all would pass every test. */
    @Test
    void theSchemaRefusesWhatIsNoReply() {
        OracleReplies schema = OracleReplies.schema();
        assertThat(schema.accepts("#/$defs/reply", "{\"error\":\"x\"}")).isTrue();
        assertThat(schema.accepts("#/$defs/reply", "{\"result\":\"0x1\",\"events\":[]}"))
                .isTrue();
        assertThat(schema.accepts("#/$defs/reply", "{\"result\":\"0x1\"}")).isFalse();
        assertThat(schema.accepts("#/$defs/reply", "{\"result\":\"1g\",\"events\":[]}"))
                .isFalse();
        assertThat(schema.accepts("#/$defs/reply", "{\"result\":\"0x1\",\"events\":[{\"event\":\"kvm_eoi\"}]}"))
                .isFalse();
        assertThat(schema.accepts("#/$defs/request", "{\"op\":\"reset\"}")).isTrue();
        assertThat(schema.accepts("#/$defs/request", "{\"op\":\"reset\",\"x\":1}"))
                .isFalse();
        assertThat(schema.accepts("#/$defs/results/msr-write", "\"0x1\"")).isFalse();
    }
}
