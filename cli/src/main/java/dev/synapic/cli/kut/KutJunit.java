// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import java.io.StringWriter;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * Results as JUnit's XML, as test reporters read it: a suite with a case for each test. A failure that is known is a skipped
 * case, with its reason, so that a reporter's verdict is the exit status's. Times are the host's.
 */
public final class KutJunit {
    private static final String SUITE = "kvm-unit-tests";

    private KutJunit() {}

    public static String text(List<TestResult> results) {
        StringWriter text = new StringWriter();
        try {
            XMLStreamWriter xml = XMLOutputFactory.newInstance().createXMLStreamWriter(text);
            xml.writeStartDocument("UTF-8", "1.0");
            suite(xml, results);
            xml.writeEndDocument();
            xml.close();
        } catch (XMLStreamException e) {
            throw new IllegalStateException(e);
        }
        return text.append('\n').toString();
    }

    private static void suite(XMLStreamWriter xml, List<TestResult> results) throws XMLStreamException {
        KutSummary summary = KutSummary.of(results);
        long errors = results.stream().filter(TestResult::internalError).count();
        Duration total = results.stream().map(TestResult::hostTime).reduce(Duration.ZERO, Duration::plus);
        xml.writeCharacters("\n");
        xml.writeStartElement("testsuite");
        xml.writeAttribute("name", SUITE);
        xml.writeAttribute("tests", Integer.toString(results.size()));
        xml.writeAttribute("failures", Long.toString(summary.failed() - errors));
        xml.writeAttribute("errors", Long.toString(errors));
        xml.writeAttribute("skipped", Integer.toString(summary.skipped() + summary.knownFailures()));
        xml.writeAttribute("time", seconds(total));
        for (TestResult result : results) {
            xml.writeCharacters("\n  ");
            testCase(xml, result);
        }
        xml.writeCharacters("\n");
        xml.writeEndElement();
    }

    private static void testCase(XMLStreamWriter xml, TestResult result) throws XMLStreamException {
        xml.writeStartElement("testcase");
        xml.writeAttribute("classname", SUITE);
        xml.writeAttribute("name", printable(result.test().name()));
        xml.writeAttribute("time", seconds(result.hostTime()));
        if (result.status() != TestResult.Status.PASS) {
            boolean skipped = result.status() == TestResult.Status.SKIP || result.isKnownFailure();
            xml.writeStartElement(skipped ? "skipped" : result.internalError() ? "error" : "failure");
            String remark = result.remark().replaceFirst("^\\((.*)\\)$", "$1");
            xml.writeAttribute("message", printable(remark.isEmpty() ? "no summary" : remark));
            xml.writeCharacters(printable(String.join("\n", result.checks().failures())));
            xml.writeEndElement();
        }
        xml.writeEndElement();
    }

    private static String seconds(Duration duration) {
        return BigDecimal.valueOf(duration.toMillis(), 3).toPlainString();
    }

    /** Without what XML 1.0 cannot hold (2.2): a guest may print anything. */
    private static String printable(String text) {
        return text.codePoints()
                .map(c -> c >= ' ' && c != 0xFFFE && c != 0xFFFF || c == '\n' || c == '\t' ? c : '?')
                .map(c -> Character.getType(c) == Character.SURROGATE ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
