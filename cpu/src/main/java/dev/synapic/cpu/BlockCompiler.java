// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import static java.lang.constant.ConstantDescs.CD_int;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DynamicConstantDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes a hidden class of a block that is executed often: its instructions' handlers called one after another. Handlers and
 * instructions are constants of that class, and so are the fields of instructions: the Java virtual machine's compiler
 * inlines each handler for its operands, where the interpreter's one call for all of them never can. What an instruction means
 * is its handler's matter in either engine. Only instructions that may fault, cut the block or ask somebody tell where they
 * stand ({@link DecodedInstruction#quiet}).
 */
final class BlockCompiler {
    private static final ClassDesc COMPILED = ClassDesc.of(CompiledBlock.class.getName());
    private static final ClassDesc INTERPRETER = ClassDesc.of(Interpreter.class.getName());
    private static final ClassDesc CPU = ClassDesc.of(Cpu.class.getName());
    private static final ClassDesc HANDLER = ClassDesc.of(Handler.class.getName());
    private static final ClassDesc INSTRUCTION = ClassDesc.of(DecodedInstruction.class.getName());
    private static final ClassDesc NAME = ClassDesc.of(BlockCompiler.class.getPackageName(), "CompiledBlock$Code");
    private static final MethodTypeDesc RUN = MethodTypeDesc.of(CD_int, INTERPRETER, CPU);
    private static final MethodTypeDesc EXECUTE = MethodTypeDesc.of(ConstantDescs.CD_void, CPU, INSTRUCTION);
    private static final int INTERPRETER_SLOT = 1, CPU_SLOT = 2;

    private BlockCompiler() {}

    static CompiledBlock compile(DecodedInstruction[] code) {
        List<Object> constants = new ArrayList<>();
        for (DecodedInstruction in : code) {
            constants.add(in.handler());
            constants.add(in);
        }
        byte[] bytes = ClassFile.of()
                .build(
                        NAME,
                        type -> type.withFlags(AccessFlag.FINAL, AccessFlag.SYNTHETIC)
                                .withInterfaceSymbols(COMPILED)
                                .withMethodBody(
                                        ConstantDescs.INIT_NAME,
                                        ConstantDescs.MTD_void,
                                        0,
                                        body -> body.aload(0)
                                                .invokespecial(
                                                        ConstantDescs.CD_Object,
                                                        ConstantDescs.INIT_NAME,
                                                        ConstantDescs.MTD_void)
                                                .return_())
                                .withMethodBody("run", RUN, ClassFile.ACC_PUBLIC, body -> run(body, code)));
        try {
            MethodHandles.Lookup hidden =
                    MethodHandles.lookup().defineHiddenClassWithClassData(bytes, List.copyOf(constants), false);
            return (CompiledBlock) hidden.lookupClass().getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void run(CodeBuilder body, DecodedInstruction[] code) {
        for (int i = 0; i < code.length; i++) {
            boolean quiet = code[i].quiet();
            if (!quiet) {
                body.aload(INTERPRETER_SLOT).loadConstant(i).putfield(INTERPRETER, "position", CD_int);
            }
            body.loadConstant(constant(HANDLER, 2 * i))
                    .aload(CPU_SLOT)
                    .loadConstant(constant(INSTRUCTION, 2 * i + 1))
                    .invokeinterface(HANDLER, "execute", EXECUTE);
            if (!quiet && i < code.length - 1) {
                Label next = body.newLabel();
                body.aload(INTERPRETER_SLOT)
                        .getfield(INTERPRETER, "blockLimit", CD_int)
                        .loadConstant(i + 1)
                        .if_icmpgt(next)
                        .loadConstant(i + 1)
                        .ireturn()
                        .labelBinding(next);
            }
        }
        body.loadConstant(code.length).ireturn();
    }

    private static DynamicConstantDesc<?> constant(ClassDesc type, int index) {
        return DynamicConstantDesc.ofNamed(ConstantDescs.BSM_CLASS_DATA_AT, ConstantDescs.DEFAULT_NAME, type, index);
    }
}
