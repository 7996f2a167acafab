// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.load;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.tools.load.Recording.Time;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogWriter;
import org.HdrHistogram.PercentileIterator;

/** The result of a run, written as text, as JSON, as an HdrHistogram log, or as a page with plots. */
final class LoadReport {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final double[] RANKS = {50, 90, 99, 99.9, 99.99};
    private static final int TICKS_PER_HALF_DISTANCE = 5;

    private final URI url;
    private final String parameters;
    private final String command;
    private final Recording recording;
    private final long nanos;
    private final long open;
    private final ProcessWatch.Cpu cpu;
    private final long residentKib;

    /**
     * @param url         the target
     * @param parameters  the options of the run, for people
     * @param command     the command line, without secrets
     * @param nanos       the measured time
     * @param open        number of answers that had begun and were not complete at the end of the measured time
     * @param cpu         CPU time of the target in the measured time; null if it was not measured
     * @param residentKib highest resident memory of the target
     */
    LoadReport(URI url, String parameters, String command, Recording recording, long nanos, long open,
            ProcessWatch.Cpu cpu, long residentKib) {
        this.command = command;
        this.url = url;
        this.parameters = parameters;
        this.recording = recording;
        this.nanos = nanos;
        this.open = open;
        this.cpu = cpu;
        this.residentKib = residentKib;
    }

    void print(PrintWriter out) {
        double seconds = nanos / 1e9;
        out.printf(Locale.ROOT, "%s%n%s, %.1f s%n%n", url, parameters, seconds);
        out.printf(Locale.ROOT, "answers  %,d (%.1f a second), %,d wrong, %,d without a hash, %,d open at the end%n",
                recording.completed(), recording.completed() / seconds, recording.wrong(), recording.unverified(),
                open);
        out.printf(Locale.ROOT, "events   %,d (%.0f a second), %.1f MB%n", recording.events(),
                recording.events() / seconds, recording.bytes() / 1e6);
        recording.errors().forEach((kind, count) -> out.printf(Locale.ROOT, "errors   %,d %s%n", count, kind));
        if (cpu != null) {
            out.printf(Locale.ROOT, "target   %.2f s of processor time, %.2f us an event (%.2f in user mode), %,d KiB"
                    + " resident%n", cpu.nanos() / 1e9, anEvent(cpu.nanos()), anEvent(cpu.userNanos()), residentKib);
        }
        out.printf(Locale.ROOT, "%n%-12s %10s %10s %10s %10s %10s %10s  us%n", "", "p50", "p90", "p99", "p99.9",
                "p99.99", "max");
        for (Time time : Time.values()) {
            Histogram histogram = recording.histogram(time);
            out.printf(Locale.ROOT, "%-12s", time.label());
            for (double rank : RANKS) {
                out.printf(Locale.ROOT, " %10.1f", histogram.getValueAtPercentile(rank) / 1e3);
            }
            out.printf(Locale.ROOT, " %10.1f%n", histogram.getMaxValue() / 1e3);
        }
        out.flush();
    }

    private double anEvent(long ofNanos) {
        return recording.events() == 0 ? 0 : ofNanos / 1e3 / recording.events();
    }

    /** Writes the requested files; null for a file that is not requested. */
    void write(Path json, Path html, Path hdr) throws IOException {
        if (json != null) {
            JSON.writerWithDefaultPrettyPrinter().writeValue(json.toFile(), asJson());
        }
        if (html != null) {
            Files.writeString(html, LoadPage.of(List.of(asJson())));
        }
        if (hdr != null) {
            try (PrintStream out = new PrintStream(Files.newOutputStream(hdr), false, StandardCharsets.UTF_8)) {
                HistogramLogWriter log = new HistogramLogWriter(out);
                log.outputLogFormatVersion();
                log.outputLegend();
                for (Time time : Time.values()) {
                    Histogram histogram = recording.histogram(time);
                    histogram.setTag(time.label());
                    histogram.setEndTimeStamp(System.currentTimeMillis());
                    histogram.setStartTimeStamp(System.currentTimeMillis() - nanos / 1_000_000);
                    log.outputIntervalHistogram(histogram);
                }
            }
        }
    }

    private ObjectNode asJson() {
        ObjectNode root = JSON.createObjectNode().put("url", url.toString()).put("parameters", parameters)
                .put("time", Instant.now().toString()).put("seconds", nanos / 1e9)
                .put("answers", recording.completed()).put("open", open).put("compared", recording.compared())
                .put("wrong", recording.wrong())
                .put("unverified", recording.unverified()).put("events", recording.events())
                .put("bytes", recording.bytes());
        ObjectNode errors = root.putObject("errors");
        recording.errors().forEach(errors::put);
        if (cpu != null) {
            root.put("cpu_seconds", cpu.nanos() / 1e9).put("cpu_user_seconds", cpu.userNanos() / 1e9)
                    .put("resident_kib", residentKib);
        }
        root.put("command", command);
        Machine.describe(root.putObject("machine"));
        ArrayNode seconds = root.putArray("each_second");
        for (Recording.Second second : recording.seconds()) {
            ObjectNode row = seconds.addObject().put("answers", second.answers()).put("events", second.events())
                    .put("errors", second.errors()).put("running", second.running());
            second.micros().forEach((time, micros) -> {
                ArrayNode three = row.putArray(time.label());
                for (double each : micros) {
                    three.add(each);
                }
            });
        }
        ObjectNode curves = root.putObject("curves");
        for (Time time : Time.values()) {
            curves.putObject(time.label()).put("help", time.help()).set("points", curve(recording.histogram(time)));
        }
        ObjectNode times = root.putObject("micros");
        for (Time time : Time.values()) {
            Histogram histogram = recording.histogram(time);
            ObjectNode node = times.putObject(time.label()).put("count", histogram.getTotalCount())
                    .put("mean", histogram.getMean() / 1e3).put("max", histogram.getMaxValue() / 1e3);
            for (double rank : RANKS) {
                node.put("p" + (rank == Math.rint(rank) ? Integer.toString((int) rank) : Double.toString(rank)),
                        histogram.getValueAtPercentile(rank) / 1e3);
            }
        }
        return root;
    }

    /**
     * Returns the curve of a histogram, as pairs: x is 1 / (1 - rank), as in HdrHistogram's own plots, and y is
     * microseconds.
     */
    private static ArrayNode curve(Histogram histogram) {
        ArrayNode points = JSON.createArrayNode();
        if (histogram.getTotalCount() == 0) {
            return points;
        }
        PercentileIterator values = new PercentileIterator(histogram, TICKS_PER_HALF_DISTANCE);
        while (values.hasNext()) {
            var value = values.next();
            double rank = value.getPercentileLevelIteratedTo() / 100;
            if (rank < 1) {
                points.addArray().add(1 / (1 - rank)).add(value.getValueIteratedTo() / 1e3);
            }
        }
        return points;
    }
}
