// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

/**
 * A file that a boot loader puts beside the kernel.
 *
 * @param string what the kernel finds with it, by custom the file's name and arguments
 */
@SuppressWarnings("ArrayRecordComponent") // whoever has it only copies its bytes
public record BootModule(String string, byte[] bytes) {}
