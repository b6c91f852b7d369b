// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.debian;

import dev.synapic.machine.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Debian's packages by {@code apt-cache} and {@code apt-get download}; nothing is installed, no rights are needed. */
final class AptPackages {
    private static final String META = "linux-image-cloud-amd64";
    private static final Pattern IMAGE = Pattern.compile("linux-image-[0-9][0-9A-Za-z.+~-]*");
    private static final Pattern DEPENDS = Pattern.compile("^Depends:(.*)$", Pattern.MULTILINE);
    private static final String OTHERWISE =
            "pass the packages' files with --deb, or a kernel of your own to 'synapic run -kernel F -initrd F'";

    /**
     * The package that holds a kernel.
     *
     * @param wanted a series as 6.1, the name of a package, or "" for what the release itself has
     */
    String kernelPackage(String wanted) {
        if (wanted.startsWith("linux-image-")) {
            return image(wanted).orElseThrow(wanted);
        }
        Found ofRelease = image(META);
        if (wanted.isEmpty()) {
            return ofRelease.orElseThrow(META);
        }
        if (ofRelease.name().startsWith("linux-image-" + wanted + ".")) {
            return ofRelease.name();
        }
        String series = "linux-image-" + wanted + "-cloud-amd64";
        return image(series).orElseThrow(series);
    }

    /** The package behind a name, empty where there is none. */
    private record Found(String name) {
        String orElseThrow(String asked) {
            if (name.isEmpty()) {
                throw new ConfigurationException(
                        "apt-cache knows no package %s (is its list up to date? apt-get update); %s"
                                .formatted(asked, OTHERWISE));
            }
            return name;
        }
    }

    /** A meta-package stands for the image that it depends on. */
    private static Found image(String name) {
        HostProgram.Output shown = run(null, "apt-cache", "show", "--no-all-versions", name);
        if (shown.status() != 0) {
            return new Found("");
        }
        Matcher depends = DEPENDS.matcher(shown.text());
        if (depends.find()) {
            Matcher dependency = IMAGE.matcher(depends.group(1));
            if (dependency.find()) {
                return new Found(dependency.group());
            }
        }
        return new Found(name);
    }

    /** What a package depends on whose name begins with one of those words; the first of alternatives. */
    List<String> dependencies(String name, String... beginnings) {
        HostProgram.Output shown = run(null, "apt-cache", "show", "--no-all-versions", name);
        Matcher depends = DEPENDS.matcher(shown.text());
        if (shown.status() != 0 || !depends.find()) {
            throw new ConfigurationException(
                    "apt-cache knows no package %s (is its list up to date? apt-get update)".formatted(name));
        }
        return Stream.of(depends.group(1).split(",", -1))
                .map(dependency -> dependency.strip().split("[ (|]", 2)[0])
                .filter(dependency -> Stream.of(beginnings).anyMatch(dependency::startsWith))
                .toList();
    }

    /** Downloads packages into a directory that holds nothing else, and returns their files. */
    List<Path> download(List<String> names, Path directory) {
        List<String> command = new ArrayList<>(List.of("apt-get", "download"));
        command.addAll(names);
        HostProgram.Output output = run(directory, command.toArray(String[]::new));
        if (output.status() != 0) {
            throw new ConfigurationException(
                    "apt-get download failed: %s; without a network %s".formatted(output.lastLine(), OTHERWISE));
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".deb"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new ConfigurationException(directory + " cannot be read: " + e.getMessage());
        }
    }

    private static HostProgram.Output run(@Nullable Path directory, String... command) {
        try {
            return HostProgram.run(directory, command);
        } catch (IOException e) {
            throw new ConfigurationException("there is no %s here; %s".formatted(command[0], OTHERWISE));
        }
    }
}
