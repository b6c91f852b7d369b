// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import dev.synapic.cli.terminal.Console;
import dev.synapic.cli.terminal.Interruption;

/** What one invocation's commands share. */
record Session(Console console, Interruption interruption) {}
