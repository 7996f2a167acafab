// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.load;

import dev.sluice.tools.load.Recording.Time;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The {@code sluice load} command. */
@Command(name = "load", description = "Sends requests to a relay in front of 'sluice mock' and measures the answers.",
        mixinStandardHelpOptions = true,
        footer = {"", "With --rate, each request is sent when it is due, even if earlier ones have not ended.",
            "Its times count from when it was due, so that a target that falls behind looks as slow as it is.",
            "With --streams, a fixed number of requests runs concurrently, and each is followed by the next.", "",
            "Event times count from the stamp that the mock adds to each delta, so both must run on one machine.",
            "The last event of an answer contains the hash of the whole answer.",
            "'wrong' counts the answers of the whole run, warm-up included, that differ from the mock's in any byte.",
            "'send' is the delay of the load generator. Unless it is small, the generator itself is measured.", "",
            "After the measured time, running requests have 5 s to end, with --rate also the time of an answer.",
            "One that has not ended counts as an error, without --rate only if it received nothing for that long.",
            "The age of a request that counts as such an error is recorded as an answer time.",
            "", "The metadata of each request tells the mock how to answer.",
            "If a profile removes the metadata, give the options to the mock itself, including --stamp."})
public final class LoadCommand implements Callable<Integer> {
    private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** Upper bound for the events of a message besides its deltas. */
    private static final int OTHER_EVENTS = 10;

    @Option(names = "--url", paramLabel = "URL", description = "Base URL of the target, including /v1.")
    private URI url;

    @Option(names = "--batch", description = "Run once per line of standard input, with the arguments on the line, and"
            + " print each exit status. A warm JVM measures better.")
    private boolean isBatch;

    @Option(names = "--rate", paramLabel = "N", description = "Requests per second.")
    private double rate;

    @Option(names = "--streams", paramLabel = "N", description = "Concurrent requests, in place of --rate.")
    private int streams;

    @Option(names = "--max-streams", paramLabel = "N", defaultValue = "20000",
            description = "With --rate: maximum concurrent requests; others count as errors. Default: ${DEFAULT-VALUE}")
    private int maxStreams;

    @Option(names = "--seconds", paramLabel = "N", defaultValue = "10",
            description = "Measured time in seconds. Default: ${DEFAULT-VALUE}")
    private int seconds;

    @Option(names = "--warmup", paramLabel = "N", defaultValue = "3",
            description = "Warm-up time in seconds, not measured. Default: ${DEFAULT-VALUE}")
    private int warmupSeconds;

    @Option(names = "--events", paramLabel = "N", defaultValue = "32",
            description = "Deltas per answer. Default: ${DEFAULT-VALUE}")
    private int events;

    @Option(names = "--pace-ms", paramLabel = "MS", defaultValue = "0",
            description = "Pause between two writes of events. Default: ${DEFAULT-VALUE}")
    private int paceMillis;

    @Option(names = "--glue", paramLabel = "N", defaultValue = "1",
            description = "Events per write of the mock. Default: ${DEFAULT-VALUE}")
    private int glue;

    @Option(names = "--request-bytes", paramLabel = "N", defaultValue = "0",
            description = "Size of a transcript of tool outputs in each request. Default: a few words")
    private int requestBytes;

    @Option(names = "--image-bytes", paramLabel = "N", defaultValue = "0",
            description = "Size of an image in each request, in base64. Default: none")
    private int imageBytes;

    @Option(names = "--documents", description = "Request JSON documents instead of streams.")
    private boolean isDocument;

    @Option(names = "--leave-after", paramLabel = "N", defaultValue = "0",
            description = "Close the connection or HTTP/2 stream after N events. Default: never")
    private int leaveAfter;

    @Option(names = "--model", paramLabel = "NAME", defaultValue = "gpt-5.2-codex",
            description = "Model of the requests. Default: ${DEFAULT-VALUE}")
    private String model;

    @Option(names = "--key", paramLabel = "KEY", description = "API key for the target.")
    private String key;

    @Option(names = "--http2", description = "Use HTTP/2: by ALPN over TLS, by prior knowledge in plain text.")
    private boolean isHttp2;

    @Option(names = "--streams-per-connection", paramLabel = "N", defaultValue = "100",
            description = "Maximum concurrent streams per HTTP/2 connection. Default: ${DEFAULT-VALUE}")
    private int streamsPerConnection;

    @Option(names = "--ca", paramLabel = "FILE", description = "PEM file of the certificate authorities to trust.")
    private Path ca;

    @Option(names = "--pid", paramLabel = "PID",
            description = "Target process. Its CPU time and memory are read, with its descendants.")
    private long pid;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the result to this file, as JSON.")
    private Path json;

    @Option(names = {"--html", "--page"}, paramLabel = "FILE",
            description = "Write a page with percentile plots to this file.")
    private Path html;

    @Option(names = "--hdr", paramLabel = "FILE", description = "Write an HdrHistogram log to this file.")
    private Path hdr;

    @Spec
    private CommandSpec spec;

    private EventLoop loop;
    private LoadClient client;
    private final Recording measured = new Recording();
    private final Set<Running> running = new HashSet<>();
    private Recording recording;
    private boolean isStopped;
    private int inFlight;
    private long dueCount;
    private final CompletableFuture<Void> quiet = new CompletableFuture<>();

    LoadCommand() {
    }

    @Override
    public Integer call() throws Exception {
        if (isBatch) {
            return runEach();
        }
        if (url == null) {
            throw new CommandLine.ParameterException(spec.commandLine(), "--url: missing (expected: the base URL)");
        }
        if (rate > 0 == streams > 0) {
            throw new CommandLine.ParameterException(spec.commandLine(),
                    "--rate, --streams: both or none (expected: one)");
        }
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, Epoll.isAvailable() ? EpollIoHandler.newFactory()
                : NioIoHandler.newFactory());
        try {
            loop = group.next();
            client = new LoadClient(loop, url, tls(), isHttp2, streamsPerConnection, key, body(),
                    leaveAfter);
            recording = new Recording();
            loop.execute(() -> start(System.nanoTime()));
            TimeUnit.SECONDS.sleep(warmupSeconds);
            ProcessWatch process = pid > 0 ? new ProcessWatch(pid) : null;
            LoadReport report = measure(process);
            loop.execute(this::stop);
            long answerNanos = rate > 0 ? (events + OTHER_EVENTS) * paceNanos() : 0;
            quiet.completeOnTimeout(null, DRAIN_NANOS + answerNanos, TimeUnit.NANOSECONDS).join();
            loop.submit(this::countUnfinished).get();
            report.print(spec.commandLine().getOut());
            report.write(json, html, hdr);
            return measured.errorCount() + measured.wrong() == 0 ? 0 : 1;
        } finally {
            if (client != null) {
                loop.submit(this::stop).syncUninterruptibly(); // otherwise each failed request is followed by the next
                client.close();
            }
            group.shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private int runEach() throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            int status = new CommandLine(new LoadCommand()).setOut(nowhere).setErr(spec.commandLine().getErr())
                    .execute(line.trim().split(" +"));
            spec.commandLine().getOut().println(status);
            spec.commandLine().getOut().flush();
        }
        return 0;
    }

    private SslContext tls() throws IOException {
        if (!url.getScheme().equals("https")) {
            return null;
        }
        SslContextBuilder builder = SslContextBuilder.forClient();
        if (ca != null) {
            builder.trustManager(ca.toFile());
        }
        return builder.applicationProtocolConfig(new ApplicationProtocolConfig(Protocol.ALPN,
                SelectorFailureBehavior.NO_ADVERTISE, SelectedListenerFailureBehavior.ACCEPT,
                isHttp2 ? "h2" : "http/1.1")).build();
    }

    private byte[] body() throws IOException {
        return LoadBody.of(model, !isDocument, Map.of("mock_stamp", "true", "mock_events", Integer.toString(events),
                "mock_pace_ms", Integer.toString(paceMillis), "mock_glue", Integer.toString(glue)), requestBytes,
                imageBytes);
    }

    private void start(long nowNanos) {
        if (rate > 0) {
            scheduleNext(nowNanos);
        } else {
            for (int i = 0; i < streams; i++) {
                send(System.nanoTime());
            }
        }
    }

    /** Sends the requests that are due. A late one is sent at once, and its times count from when it was due. */
    private void scheduleNext(long startNanos) {
        if (isStopped) {
            return;
        }
        long due = startNanos + (long) (dueCount * 1e9 / rate);
        while (due <= System.nanoTime()) {
            dueCount++;
            send(due);
            due = startNanos + (long) (dueCount * 1e9 / rate);
        }
        loop.schedule(() -> scheduleNext(startNanos), due - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    private void send(long dueNanos) {
        Recording into = recording;
        into.onStart();
        if (rate > 0 && inFlight >= maxStreams) {
            into.onError("beyond --max-streams");
            return;
        }
        inFlight++;
        Running request = new Running(into, dueNanos);
        running.add(request);
        into.record(Time.SEND, request.lastNanos - dueNanos);
        client.send(request, stamp -> recording.record(Time.EVENT, System.nanoTime() - stamp));
    }

    /**
     * Counts unfinished requests as errors. With a rate, all that began in the measured time count, because the slowest
     * answers would be missing otherwise. Without a rate, only those that received nothing for a long time count,
     * because a stream may be long on purpose.
     */
    private void countUnfinished() {
        long nowNanos = System.nanoTime();
        for (Running request : running) {
            boolean isStuck = nowNanos - request.lastNanos >= DRAIN_NANOS + (request.hasBegun ? paceNanos() : 0);
            if (rate > 0 ? request.into == measured : isStuck) {
                measured.onError("unfinished");
                measured.record(Time.ANSWER, nowNanos - request.dueNanos);
                if (!request.hasBegun) {
                    measured.record(Time.FIRST_EVENT, nowNanos - request.dueNanos);
                }
            }
        }
    }

    private long paceNanos() {
        return TimeUnit.MILLISECONDS.toNanos(paceMillis);
    }

    /** One request in flight. It counts in the recording that was current when the request began. */
    private final class Running implements LoadClient.Answer {
        private final Recording into;
        private final long dueNanos;
        private long lastNanos = System.nanoTime();
        private boolean hasBegun;

        Running(Recording into, long dueNanos) {
            this.into = into;
            this.dueNanos = dueNanos;
        }

        @Override
        public void onFirstEvent() {
            hasBegun = true;
            into.record(Time.FIRST_EVENT, System.nanoTime() - dueNanos);
        }

        @Override
        public void onBytes(long bytes, long count) {
            lastNanos = System.nanoTime();
            recording.onBytes(bytes, count);
        }

        @Override
        public void onEnd(boolean isVerified, boolean isRight) {
            into.record(Time.ANSWER, System.nanoTime() - dueNanos);
            into.onComplete(isVerified);
            if (isVerified) {
                measured.onCompared(isRight); // during the warm-up too, because no wrong byte is acceptable
            }
            over();
        }

        @Override
        public void onLeft() {
            into.onLeft();
            over();
        }

        @Override
        public void onFailure(String kind) {
            into.onError(kind);
            over();
        }

        private void over() {
            running.remove(this);
            next();
        }
    }

    private void stop() {
        isStopped = true;
        if (inFlight == 0) {
            quiet.complete(null);
        }
    }

    private void next() {
        inFlight--;
        if (isStopped) {
            if (inFlight == 0) {
                quiet.complete(null);
            }
        } else if (rate == 0) {
            loop.execute(() -> send(System.nanoTime())); // not inside the callback of the previous answer
        }
    }

    private LoadReport measure(ProcessWatch process) throws Exception {
        loop.submit(() -> recording = measured).get();
        long startNanos = System.nanoTime();
        long cpuBefore = process == null ? 0 : process.cpuNanos();
        long most = 0;
        for (int second = 1; second <= seconds; second++) {
            TimeUnit.NANOSECONDS.sleep(startNanos + TimeUnit.SECONDS.toNanos(second) - System.nanoTime());
            most = process == null ? 0 : Math.max(most, process.residentKib());
            spec.commandLine().getErr().printf(Locale.ROOT, "%3d s: %,d answers, %,d events, %,d running, %,d errors%n",
                    second, measured.completed(), measured.events(), inFlight, measured.errorCount());
        }
        long cpuNanos = process == null ? -1 : process.cpuNanos() - cpuBefore;
        long nanos = System.nanoTime() - startNanos;
        long open = loop.submit(() -> {
            recording = new Recording(); // keeps later requests, bytes and events out of the result
            return running.stream().filter(request -> request.hasBegun).count();
        }).get();
        return new LoadReport(url, parameters(), measured, nanos, open, cpuNanos, most);
    }

    private String parameters() {
        return (rate > 0 ? "rate " + rate : "streams " + streams) + ", events " + events + ", pace " + paceMillis
                + " ms, glue " + glue + (requestBytes > 0 ? ", request " + requestBytes + " B" : "")
                + (imageBytes > 0 ? ", image " + imageBytes + " B" : "")
                + (isDocument ? ", documents" : "") + (leaveAfter > 0 ? ", left after " + leaveAfter : "")
                + (isHttp2 ? ", HTTP/2" : ", HTTP/1.1") + (url.getScheme().equals("https") ? ", TLS" : "");
    }
}
