// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TextTableTest {
    @Test
    void numbersStandUnderEachOther() {
        TextTable table = new TextTable("what", "n", "<why");
        table.row("exits", "1,000", "sent");
        table.heading("others");
        table.row("x", "7", "");
        assertThat(table.lines())
                .containsExactly(
                        "what       n  why", //
                        "exits  1,000  sent",
                        "others",
                        "x          7");
    }

    @Test
    void aRowThatDoesNotFitIsABug() {
        TextTable table = new TextTable("a", "b");
        assertThatThrownBy(() -> table.row("1", "2", "3")).hasMessage("3 cells in a table of 2 columns");
    }
}
