// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.demo;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.sluice.engine.Relay;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.WebSocketMode;
import dev.sluice.engine.spi.Extensions;
import dev.sluice.engine.spi.MetricsSnapshot;
import dev.sluice.tools.mock.MockOptions;
import dev.sluice.tools.mock.MockReport;
import dev.sluice.tools.mock.MockUpstream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The {@code sluice demo} command. */
@Command(name = "demo", description = "Starts a mock upstream and the relay, and shows a stream through both.",
        mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {
    private static final String MODEL = "gpt-5.2-codex";
    private static final int WARM_UP_REQUESTS = 300;

    @Option(names = "--events", paramLabel = "N", defaultValue = "64",
            description = "Deltas to stream. Default: ${DEFAULT-VALUE}")
    private int events;

    @Option(names = "--pace-ms", paramLabel = "MS", defaultValue = "15",
            description = "Pause between events. Default: ${DEFAULT-VALUE}")
    private int paceMillis;

    @Option(names = "--websocket", description = "Show the stream on a WebSocket, in front of an upstream without one.")
    private boolean isWebSocket;

    @Option(names = "--keep", description = "Keep running after the summary, and print a command to try.")
    private boolean isKept;

    @Spec
    private CommandSpec spec;

    private final int warmUpRequests;

    DemoCommand() {
        this(WARM_UP_REQUESTS);
    }

    /**
     * Creates a command with a shorter warm-up, for callers that do not need representative times.
     *
     * @param warmUpRequests number of requests before the measured one; 0 for a cold start
     */
    public DemoCommand(int warmUpRequests) {
        this.warmUpRequests = warmUpRequests;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        ((Logger) LoggerFactory.getLogger("dev.sluice")).setLevel(Level.WARN);
        ((Logger) LoggerFactory.getLogger("dev.sluice.access")).setLevel(Level.OFF);
        PrintWriter out = spec.commandLine().getOut();
        BlockingQueue<MockReport> reports = new LinkedBlockingQueue<>();
        MockOptions options = new MockOptions().set("events", Integer.toString(events))
                .set("pace_ms", Integer.toString(paceMillis));
        warmUp();
        try (MockUpstream mock = new MockUpstream("127.0.0.1", 0, options, reports::add);
                Relay relay = Relay.launch(config(mock.port()), Extensions.NONE)) {
            out.println("mock   http://127.0.0.1:" + mock.port() + "/v1");
            out.println("relay  http://127.0.0.1:" + relay.port() + "/v1");
            out.println();
            out.flush();
            DemoClient client = new DemoClient(out);
            DemoClient.Result read = isWebSocket ? client.runOnSocket(relay.port(), MODEL)
                    : client.run(relay.port(), MODEL);
            MockReport written = reports.poll(5, TimeUnit.SECONDS);
            boolean isEqual = written != null && written.sha256().equals(read.sha256());
            printSummary(out, read, isEqual, relay.metrics());
            if (isKept) {
                printTry(out, relay.port());
                new CountDownLatch(1).await(); // until a signal ends the process
            }
            return isEqual ? 0 : 1;
        }
    }

    /** Sends requests through another relay first, neither shown nor counted, so that the JVM is warm. */
    private void warmUp() throws IOException, InterruptedException {
        try (MockUpstream mock = new MockUpstream("127.0.0.1", 0, new MockOptions(), report -> { });
                Relay relay = Relay.launch(config(mock.port()), Extensions.NONE)) {
            DemoClient client = new DemoClient(new PrintWriter(Writer.nullWriter()));
            for (int i = 0; i < warmUpRequests; i++) {
                client.run(relay.port(), MODEL);
            }
        }
    }

    private static RelayConfig config(int mockPort) {
        return RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("mock", EndpointConfig.of("http://127.0.0.1:" + mockPort + "/v1", null))
                        .withWebsocket(WebSocketMode.BRIDGE))
                .route(RouteConfig.of(MODEL, "mock")).route(RouteConfig.of("*", "mock")).build();
    }

    private static void printSummary(PrintWriter out, DemoClient.Result read, boolean isEqual,
            MetricsSnapshot metrics) {
        out.println();
        out.println();
        out.printf(Locale.ROOT, "%d events, %d bytes, sent and received %s; first event after %.1f ms; added by the"
                + " relay per read: %s%n", read.events(), read.bytes(), isEqual ? "equal (SHA-256)" : "NOT EQUAL",
                read.firstEventNanos() / 1e6, added(metrics));
        out.flush();
    }

    private static String added(MetricsSnapshot metrics) {
        StringBuilder text = new StringBuilder();
        for (MetricsSnapshot.Timing timing : metrics.timings()) {
            if (timing.name().equals("added_time")) {
                for (MetricsSnapshot.Quantile quantile : timing.quantiles()) {
                    if (quantile.rank() < 0.999) {
                        text.append(String.format(Locale.ROOT, "%sp%.0f %.0f us", text.isEmpty() ? "" : ", ",
                                quantile.rank() * 100, quantile.nanos() / 1e3));
                    }
                }
            }
        }
        return text.toString();
    }

    private static void printTry(PrintWriter out, int port) {
        out.println();
        out.println("Try: curl -N http://127.0.0.1:" + port + "/v1/responses -H 'content-type: application/json' -d '"
                + DemoClient.body(MODEL) + "'");
        out.println("Stop with Ctrl-C.");
        out.flush();
    }
}
