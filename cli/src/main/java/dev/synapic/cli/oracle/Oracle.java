// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import dev.synapic.interrupts.routing.IrqChipException;
import dev.synapic.spec.x86.GeneralProtectionFault;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Drives a fabric by JSON lines: each request is an object on a line, and gets one reply on a line, in order.
 *
 * <p>No request ends it: what makes no sense gets an error, what a guest may not do gets the fault that the guest would get. Virtual
 * time stands still but for the request advance, so the same requests give the same replies. Threading: one thread.
 */
public final class Oracle implements AutoCloseable {
    private static final String CREATE = "create";
    private static final int LINES_BETWEEN_LOOKS = 256;

    private final Map<String, Operation> operations = new TreeMap<>();
    private final RequestParser parser = new RequestParser();
    private final Consumer<RuntimeException> bugs;
    private @Nullable DrivenFabric fabric;

    /** bugs hears of failures of the oracle itself, which a reply only names. */
    public Oracle(Consumer<RuntimeException> bugs) {
        this.bugs = bugs;
        operations.putAll(GuestOperations.table());
        operations.putAll(VmmOperations.table());
        operations.putAll(FabricOperations.table());
    }

    /**
     * Answers all lines of in, each of at most longestLine bytes, or until nobody reads the replies any more. Replies are flushed when
     * no input is ready. Blank lines are nothing.
     */
    public void run(InputStream in, PrintStream out, int longestLine) {
        ReplyWriter writer = new ReplyWriter(out);
        Lines lines = new Lines(in, longestLine, writer::flush);
        long count = 0;
        try {
            while (lines.next() && (++count % LINES_BETWEEN_LOOKS != 0 || !out.checkError())) {
                if (lines.tooLong()) {
                    writer.write(
                            null, Reply.error("the line is longer than " + longestLine + " bytes; see --max-line"));
                } else if (!lines.isBlank()) {
                    Request request = parser.parse(lines.bytes(), lines.from(), lines.length());
                    writer.write(request.id(), answer(request));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("standard input cannot be read: " + e.getMessage(), e);
        } finally {
            writer.flush();
        }
    }

    private Reply answer(Request request) {
        if (request.error() != null) {
            return Reply.error(request.error());
        }
        try {
            return carryOut(request.fields());
        } catch (BadRequest | IrqChipException bad) {
            // What has happened all the same comes with the next reply.
            return Reply.error(String.valueOf(bad.getMessage()));
        } catch (RuntimeException bug) {
            bugs.accept(bug);
            close();
            return Reply.error("internal error: " + String.valueOf(bug).replaceAll("\\s*\\R\\s*", " ")
                    + "; the fabric is gone, create another one");
        }
    }

    private Reply carryOut(Fields fields) {
        String name = fields.text("op", 40);
        if (name.equals(CREATE)) {
            return create(fields);
        }
        Operation operation = operations.get(name);
        if (operation == null) {
            throw new BadRequest("field 'op' is " + Numbers.shown(name) + "; there are: create, "
                    + String.join(", ", operations.keySet()));
        }
        fields.allowOnly(operation.names());
        DrivenFabric driven = fabric;
        if (driven == null) {
            throw new BadRequest("there is no fabric yet; send {\"op\":\"create\"} first");
        }
        return run(operation, driven, fields);
    }

    private Reply create(Fields fields) {
        fields.allowOnly(FabricOptions.FIELDS);
        FabricOptions options = FabricOptions.of(fields);
        DrivenFabric made = new DrivenFabric(options);
        close();
        fabric = made;
        Map<String, @Nullable Object> result = new LinkedHashMap<>();
        result.put("vcpus", options.apicIds().size());
        result.put("memory", Numbers.hex(options.memoryBytes()));
        return Reply.result(result, made.log().take(), made.log().takeDropped());
    }

    /**
     * Between requests the guest runs: a lazy end of an interrupt is offered to it then, and collected before anything but its own
     * accesses to memory happens.
     */
    private Reply run(Operation operation, DrivenFabric driven, Fields fields) {
        EventLog log = driven.log();
        if (operation.touchesMemoryOnly()) {
            return Reply.result(operation.handler().run(driven, fields), log.take(), log.takeDropped());
        }
        driven.collectLazyEois();
        try {
            Object result = operation.handler().run(driven, fields);
            return Reply.result(result, log.take(), log.takeDropped());
        } catch (GeneralProtectionFault fault) {
            return Reply.fault(generalProtection(), log.take(), log.takeDropped());
        } catch (UndefinedInstruction fault) {
            return Reply.fault(undefined(), log.take(), log.takeDropped());
        } finally {
            log.nobodyActs();
            driven.offerLazyEois();
        }
    }

    private static Map<String, @Nullable Object> generalProtection() {
        Map<String, @Nullable Object> fault = new LinkedHashMap<>();
        fault.put("exception", "#GP");
        fault.put("errorCode", "0x0");
        return fault;
    }

    private static Map<String, @Nullable Object> undefined() {
        Map<String, @Nullable Object> fault = new LinkedHashMap<>();
        fault.put("exception", "#UD");
        return fault;
    }

    @Override
    public void close() {
        if (fabric != null) {
            fabric.close();
            fabric = null;
        }
    }
}
