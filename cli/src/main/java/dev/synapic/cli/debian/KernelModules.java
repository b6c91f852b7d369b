// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.debian;

import dev.synapic.machine.ConfigurationException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.tukaani.xz.XZInputStream;

/** A kernel's loadable modules, and the order in which they can be loaded. */
final class KernelModules {
    private static final int SECTION_TABLE = 0x28;
    private static final int SECTION_ENTRY_BYTES = 0x3A;
    private static final int SECTION_COUNT = 0x3C;
    private static final int SECTION_NAMES = 0x3E;
    private static final int ELF_MAGIC = 0x464C_457F;

    private final Map<String, byte[]> files = new HashMap<>();
    private final Set<String> builtIn;

    /** files are those of a kernel's package under {@code lib/modules/RELEASE}, {@code modules.builtin} among them. */
    KernelModules(Map<String, byte[]> packaged) {
        String builtins = "";
        for (Map.Entry<String, byte[]> file : packaged.entrySet()) {
            if (file.getKey().endsWith("/modules.builtin")) {
                builtins = new String(file.getValue(), StandardCharsets.UTF_8);
            } else if (isModule(file.getKey())) {
                files.put(nameOf(file.getKey()), file.getValue());
            }
        }
        builtIn = builtins.lines().map(KernelModules::nameOf).collect(Collectors.toUnmodifiableSet());
    }

    static boolean isModule(String path) {
        return path.endsWith(".ko") || path.endsWith(".ko.xz");
    }

    /** A module's name; dashes in file names are underscores in it. */
    private static String nameOf(String path) {
        return canonical(path.substring(path.lastIndexOf('/') + 1).replaceFirst("\\.ko(\\.xz)?$", ""));
    }

    private static String canonical(String name) {
        return name.replace('-', '_');
    }

    /**
     * The named modules and those that they need, unpacked, each after what it needs. Those that are part of the kernel are left out.
     *
     * @throws ConfigurationException where there is no such module
     */
    Map<String, byte[]> inLoadOrder(List<String> names) {
        Map<String, byte[]> ordered = new LinkedHashMap<>();
        names.forEach(name -> add(canonical(name.strip()), ordered, List.of()));
        return ordered;
    }

    private void add(String name, Map<String, byte[]> ordered, List<String> path) {
        if (builtIn.contains(name) || ordered.containsKey(name)) {
            return;
        }
        byte[] file = files.get(name);
        if (file == null) {
            throw new ConfigurationException("the kernel's package has no module " + name
                    + (path.isEmpty() ? "" : ", which " + path.getLast() + " needs"));
        }
        if (path.contains(name)) {
            throw new ConfigurationException("the modules " + String.join(", ", path) + " need each other");
        }
        byte[] module = unpacked(name, file);
        List<String> deeper = new ArrayList<>(path);
        deeper.add(name);
        for (String needed : depends(name, module)) {
            add(canonical(needed), ordered, deeper);
        }
        ordered.put(name, module);
    }

    private static byte[] unpacked(String name, byte[] file) {
        boolean packed = file.length > 1 && file[0] == (byte) 0xFD && file[1] == '7';
        if (!packed) {
            return file;
        }
        try (XZInputStream in = new XZInputStream(new ByteArrayInputStream(file))) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new ConfigurationException("the module " + name + " is damaged: " + e.getMessage());
        }
    }

    /** What {@code depends=} in the section .modinfo of an ELF64 file names. */
    static List<String> depends(String name, byte[] module) {
        try {
            String info = section(module, ".modinfo");
            for (String item : info.split("\0")) {
                if (item.startsWith("depends=") && item.length() > "depends=".length()) {
                    return List.of(item.substring("depends=".length()).split(","));
                }
            }
            return List.of();
        } catch (IndexOutOfBoundsException e) {
            throw new ConfigurationException("the module " + name + " is damaged: no ELF64 file");
        }
    }

    private static String section(byte[] module, String wanted) {
        ByteBuffer elf = ByteBuffer.wrap(module).order(ByteOrder.LITTLE_ENDIAN);
        if (elf.getInt(0) != ELF_MAGIC) {
            throw new IndexOutOfBoundsException();
        }
        int table = (int) elf.getLong(SECTION_TABLE);
        int entryBytes = elf.getShort(SECTION_ENTRY_BYTES);
        int names = (int) elf.getLong(table + elf.getShort(SECTION_NAMES) * entryBytes + 0x18);
        for (int i = 0; i < elf.getShort(SECTION_COUNT); i++) {
            int header = table + i * entryBytes;
            int name = names + elf.getInt(header);
            if (text(module, name, wanted.length() + 1).equals(wanted + "\0")) {
                return text(module, (int) elf.getLong(header + 0x18), (int) elf.getLong(header + 0x20));
            }
        }
        return "";
    }

    private static String text(byte[] bytes, int from, int length) {
        int end = Math.min(from + length, bytes.length);
        return new String(bytes, from, end - from, StandardCharsets.ISO_8859_1);
    }
}
