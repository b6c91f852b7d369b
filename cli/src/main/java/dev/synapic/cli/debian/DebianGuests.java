// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.debian;

import dev.synapic.machine.ConfigurationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Debian guests in a cache: each in a directory of its own that appears as a whole, named by what it is made from. Threading: any; two processes
 * may prepare the same guest, and one of them is done in vain.
 */
public final class DebianGuests {
    /** Printed by the kernel to the first serial port; a panic ends the run at once, by a reset. */
    static final String APPEND = "console=ttyS0 panic=-1";

    private static final List<String> VIRTIO = List.of("virtio_pci", "virtio_blk", "virtio_console", "virtio_rng");
    private static final List<String> VMBUS =
            List.of("hv_vmbus", "hv_utils", "hyperv_keyboard", "sd_mod", "hv_storvsc");
    private static final String DEBIAN = "debian";
    private static final String BUSYBOX = "bin/busybox";
    private static final String KERNEL = "vmlinuz";
    private static final String INITRD = "initrd";
    private static final String RELEASE = "release";

    private final Path cache;
    private final AptPackages apt = new AptPackages();

    public DebianGuests(Path cache) {
        this.cache = cache;
    }

    /**
     * What a guest is made from.
     *
     * @param kernel a series as 6.1, the name of a package, or "" for the release's own
     * @param modules further modules, always loaded
     * @param packages files of packages in place of apt's, a kernel's and busybox-static's, or none
     */
    public record Recipe(String kernel, List<String> modules, List<Path> packages) {
        public Recipe {
            modules = List.copyOf(modules);
            packages = List.copyOf(packages);
        }
    }

    /** The user's cache directory, by the XDG Base Directory Specification. */
    public static Path userCache() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path base =
                xdg == null || !xdg.startsWith("/") ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
        return base.resolve("synapic");
    }

    /** Whether {@link #named} takes it. */
    public static boolean isName(String name) {
        return name.equals(DEBIAN) || name.startsWith(DEBIAN + "-");
    }

    /**
     * The guest called debian, or debian- and a series as 6.12, as {@link #prepare} makes it.
     *
     * @throws ConfigurationException where it cannot be had; the message says what to do
     */
    public LinuxGuest named(String name, Consumer<String> progress) {
        String kernel = name.equals(DEBIAN) ? "" : name.substring(DEBIAN.length() + 1);
        return prepare(new Recipe(kernel, List.of(), List.of()), false, progress);
    }

    /**
     * The guest, from the cache where it is there.
     *
     * @param offline whether what is missing is an error rather than downloaded
     * @param progress hears what is done, in few words
     * @throws ConfigurationException where it cannot be had; the message says what to do
     */
    public LinuxGuest prepare(Recipe recipe, boolean offline, Consumer<String> progress) {
        Path home = cache.resolve(
                "debian-" + (recipe.kernel().isEmpty() ? "default" : recipe.kernel()) + "-" + key(recipe));
        if (!Files.isRegularFile(home.resolve(RELEASE))) {
            if (offline && recipe.packages().isEmpty()) {
                throw new ConfigurationException(
                        "%s is not prepared, and --offline forbids to download it".formatted(home));
            }
            build(recipe, home, progress);
        }
        try {
            String release = Files.readString(home.resolve(RELEASE)).strip();
            return new LinuxGuest(release, home.resolve(KERNEL), home.resolve(INITRD), APPEND);
        } catch (IOException e) {
            throw new ConfigurationException(home + " cannot be read: " + e.getMessage());
        }
    }

    /** Whatever changes the result is in it, but for what apt finds: a guest stays as it is until its directory is removed. */
    private static String key(Recipe recipe) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((Initramfs.INIT + modules(recipe)).getBytes(StandardCharsets.UTF_8));
            for (Path deb : recipe.packages()) {
                digest.update(Files.readAllBytes(deb));
            }
            return HexFormat.of().formatHex(digest.digest(), 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new ConfigurationException("--deb: cannot be read: " + e.getMessage());
        }
    }

    private static Map<String, List<String>> modules(Recipe recipe) {
        Map<String, List<String>> lists = new LinkedHashMap<>();
        lists.put(LinuxGuest.VIRTIO, VIRTIO);
        lists.put(LinuxGuest.VMBUS, VMBUS);
        lists.put("further", recipe.modules());
        return lists;
    }

    private void build(Recipe recipe, Path home, Consumer<String> progress) {
        try (WorkDirectory work = new WorkDirectory(cache)) {
            List<Path> debs =
                    recipe.packages().isEmpty() ? download(recipe.kernel(), work.path(), progress) : recipe.packages();
            Path made = Files.createDirectory(work.path().resolve("guest"));
            write(recipe, debs, made, progress);
            WorkDirectory.publish(made, home);
        } catch (FileSystemException e) {
            String reason = e.getReason();
            throw new ConfigurationException("%s: cannot be written: %s; --cache names another directory"
                    .formatted(e.getFile(), reason == null ? e.getClass().getSimpleName() : reason));
        } catch (IOException e) {
            throw new ConfigurationException(
                    "%s: cannot be written: %s; --cache names another directory".formatted(cache, e.getMessage()));
        }
    }

    private List<Path> download(String kernel, Path work, Consumer<String> progress) throws IOException {
        progress.accept("looking for the kernel's package");
        String name = apt.kernelPackage(kernel);
        progress.accept("downloading " + name + " and busybox-static");
        return apt.download(List.of(name, "busybox-static"), Files.createDirectory(work.resolve("packages")));
    }

    private static void write(Recipe recipe, List<Path> debs, Path made, Consumer<String> progress) throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        for (Path deb : debs) {
            progress.accept("unpacking " + deb.getFileName());
            files.putAll(new DebFile(deb).files(DebianGuests::isNeeded));
        }
        String kernel = files.keySet().stream()
                .filter(name -> name.startsWith("boot/vmlinuz-"))
                .findFirst()
                .orElseThrow(() -> new ConfigurationException("there is no boot/vmlinuz-* in " + debs));
        String release = kernel.substring("boot/vmlinuz-".length());
        progress.accept("writing the initial RAM disk");
        byte[] initrd = Initramfs.of(content(files, BUSYBOX, debs), new KernelModules(files), modules(recipe));
        Files.write(made.resolve(KERNEL), content(files, kernel, debs));
        Files.write(made.resolve(INITRD), initrd);
        Files.writeString(made.resolve(RELEASE), release + "\n");
    }

    private static boolean isNeeded(String name) {
        return name.equals(BUSYBOX)
                || name.startsWith("boot/vmlinuz-")
                || name.startsWith("lib/modules/")
                        && (KernelModules.isModule(name) || name.endsWith("/modules.builtin"));
    }

    private static byte[] content(Map<String, byte[]> files, String name, List<Path> debs) {
        byte[] content = files.get(name);
        if (content == null) {
            throw new ConfigurationException("there is no " + name + " in " + debs);
        }
        return content;
    }
}
