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

/** {@code sluice load}. */
@Command(name = "load", description = "Sends requests to a relay in front of 'sluice mock' and measures the answers.",
        mixinStandardHelpOptions = true,
        footer = {"", "With --rate, requests begin when they are due, whatever became of those before, and their times"
            + " count", "from then: a target that falls behind looks as slow as it is. With --streams, so many run at"
            + " one", "time, each followed by the next.", "",
            "Times of events are from the stamp that the mock puts into each, so both must run on one machine. The",
            "last event of an answer has the hash of it all; 'wrong' counts answers of the whole run, its warm-up too,",
            "that were not byte for byte the mock's. 'send' is how late the load itself was: where that is more than",
            "little, it is the load that is measured.", "",
            "What began before the end of the time measured may go on to its end, for 5 s and, with --rate, the time",
            "of an answer; what has not ended then counts as an error, and its age among the times of answers. Without",
            "a rate it is an error where nothing has come of it for as long.",
            "", "What the mock is to do is in the metadata of each request. Where a profile removes that, give the",
            "options to the mock itself, --stamp among them."})
public final class LoadCommand implements Callable<Integer> {
    private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** What comes before and after the deltas of a message. */
    private static final int OTHER_EVENTS = 10;

    @Option(names = "--url", paramLabel = "URL", description = "Base URL of the target, with /v1.")
    private URI url;

    @Option(names = "--batch", description = "Read the arguments of one run after the other from standard input, a line"
            + " each, and write a line with its exit status after each: a JVM that is warm measures better.")
    private boolean isBatch;

    @Option(names = "--rate", paramLabel = "N", description = "Requests a second.")
    private double rate;

    @Option(names = "--streams", paramLabel = "N", description = "Streams at one time, where there is no rate.")
    private int streams;

    @Option(names = "--max-streams", paramLabel = "N", defaultValue = "20000",
            description = "With --rate: requests that would be beyond it count as errors. Default: ${DEFAULT-VALUE}")
    private int maxStreams;

    @Option(names = "--seconds", paramLabel = "N", defaultValue = "10",
            description = "How long it is measured. Default: ${DEFAULT-VALUE}")
    private int seconds;

    @Option(names = "--warmup", paramLabel = "N", defaultValue = "3",
            description = "Seconds before, which do not count. Default: ${DEFAULT-VALUE}")
    private int warmupSeconds;

    @Option(names = "--events", paramLabel = "N", defaultValue = "32",
            description = "Deltas of an answer. Default: ${DEFAULT-VALUE}")
    private int events;

    @Option(names = "--pace-ms", paramLabel = "MS", defaultValue = "0",
            description = "Pause before each event. Default: ${DEFAULT-VALUE}")
    private int paceMillis;

    @Option(names = "--glue", paramLabel = "N", defaultValue = "1",
            description = "Events to a write of the mock's. Default: ${DEFAULT-VALUE}")
    private int glue;

    @Option(names = "--request-bytes", paramLabel = "N", defaultValue = "0",
            description = "Size of a request: a transcript of tool outputs. Default: a few words")
    private int requestBytes;

    @Option(names = "--image-bytes", paramLabel = "N", defaultValue = "0",
            description = "Size of an image in a request, in base64. Default: none")
    private int imageBytes;

    @Option(names = "--documents", description = "Ask for JSON documents instead of streams.")
    private boolean isDocument;

    @Option(names = "--leave-after", paramLabel = "N", defaultValue = "0",
            description = "Close the connection after so many events. Default: never")
    private int leaveAfter;

    @Option(names = "--model", paramLabel = "NAME", defaultValue = "gpt-5.2-codex",
            description = "Default: ${DEFAULT-VALUE}")
    private String model;

    @Option(names = "--key", paramLabel = "KEY", description = "API key of the target.")
    private String key;

    @Option(names = "--http2", description = "HTTP/2: by ALPN through TLS, with prior knowledge without.")
    private boolean isHttp2;

    @Option(names = "--streams-per-connection", paramLabel = "N", defaultValue = "100",
            description = "With HTTP/2. Default: ${DEFAULT-VALUE}")
    private int streamsPerConnection;

    @Option(names = "--ca", paramLabel = "FILE", description = "PEM file of the authorities to trust.")
    private Path ca;

    @Option(names = "--pid", paramLabel = "PID",
            description = "The target's process: its processor time and memory are read, its children's too.")
    private long pid;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the result here.")
    private Path json;

    @Option(names = "--html", paramLabel = "FILE", description = "Write a page with percentile plots here.")
    private Path html;

    @Option(names = "--hdr", paramLabel = "FILE", description = "Write the histograms here, as an HdrHistogram log.")
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
            throw new CommandLine.ParameterException(spec.commandLine(), "--url is needed");
        }
        if (rate > 0 == streams > 0) {
            throw new CommandLine.ParameterException(spec.commandLine(), "one of --rate and --streams is needed");
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
                loop.submit(this::stop).syncUninterruptibly(); // where the run has failed each stream would begin anew
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

    /** Sends whatever is due; what the loop was too late for is sent at once and counts from when it was due. */
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
     * Requests that have not come to an end: with a rate all of the time that was measured, or they would be missing
     * among the slow ones; otherwise those of which nothing has come for long: a stream may be meant to be long.
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

    /** One request; counts where it began. */
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
                measured.onCompared(isRight); // whenever it began: a wrong byte is one byte too many
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
            loop.execute(() -> send(System.nanoTime())); // not from within the answer before
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
            recording = new Recording(); // what comes from here on is beyond the time measured
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
