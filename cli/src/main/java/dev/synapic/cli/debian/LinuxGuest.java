// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.debian;

import java.nio.file.Path;

/**
 * A Linux guest that is ready to boot. Symbols are not part of it: Debian's packages have a System.map without any (the real one is in the
 * debug package), so who wants them reads /proc/kallsyms in the guest.
 *
 * @param release what {@code uname -r} will say
 * @param kernel the bzImage
 * @param initrd the initial RAM disk, whose {@code /init} gives a shell on the serial port
 * @param append the kernel's command line; the user's own words follow it
 */
public record LinuxGuest(String release, Path kernel, Path initrd, String append) {}
