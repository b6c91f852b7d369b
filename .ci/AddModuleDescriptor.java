// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.nio.file.Path;
import java.util.spi.ToolProvider;
import java.util.zip.ZipFile;

/**
 * Adds a module's descriptor to its jar file, unless there is one: a jar file that Maven did not write anew keeps its time, so
 * that the modules that depend on it need not be compiled again. Arguments: jar file, directory of classes, time of the entry.
 */
final class AddModuleDescriptor {
    private AddModuleDescriptor() {}

    public static void main(String[] args) throws IOException {
        String jar = args[0];
        if (!isModular(Path.of(jar))) {
            ToolProvider tool = ToolProvider.findFirst("jar").orElseThrow();
            String[] update = {"--update", "--file", jar, "--date", args[2], "-C", args[1], "module-info.class"};
            System.exit(tool.run(System.out, System.err, update));
        }
    }

    private static boolean isModular(Path jar) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            return zip.getEntry("module-info.class") != null;
        }
    }
}
