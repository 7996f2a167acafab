// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.tools.load;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The {@code sluice load} command. */
@Command(name = "load", description = "Sends requests to a relay in front of 'sluice mock' and measures the answers.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nNotes:%n", footer = {
            "With --rate, each request is sent when it is due, even if earlier ones have not ended. Its times"
            + " count from when it was due, so that a target that falls behind looks as slow as it is. With --streams,"
            + " a fixed number of requests runs concurrently, and each is followed by the next.", "",
            "Event times count from the stamp that the mock adds to each delta, so both must run on one machine. The"
            + " last event of an answer contains the hash of the whole answer. 'wrong' counts the answers of the whole"
            + " run, warm-up included, that differ from the mock's in any byte. 'send' is the delay of the load"
            + " generator. Unless it is small, the generator itself is measured.", "",
            "After the measured time, running requests have 5 s to end, with --rate also the time of an answer. One"
            + " that has not ended counts as an error, without --rate only if it received nothing for that long. The"
            + " age of a request that counts as such an error is recorded as an answer time.", "",
            "The metadata of each request tells the mock how to answer. If a profile removes the metadata, give the"
            + " options to the mock itself, including --stamp."})
public final class LoadCommand implements Callable<Integer> {
    private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(5);
    /** Upper bound for the events of a message besides its deltas. */
    private static final int OTHER_EVENTS = 10;

    @ArgGroup(validate = false, heading = "%nTarget:%n")
    private final LoadOptions.Target target = new LoadOptions.Target();

    @ArgGroup(validate = false, heading = "%nLoad:%n")
    private final LoadOptions.Shape shape = new LoadOptions.Shape();

    @ArgGroup(validate = false, heading = "%nRequests and answers:%n")
    private final LoadOptions.Requests requests = new LoadOptions.Requests();

    @ArgGroup(validate = false, heading = "%nResults:%n")
    private final LoadOptions.Output output = new LoadOptions.Output();

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
        if (shape.isBatch) {
            return runEach();
        }
        if (!output.compared.isEmpty()) {
            return compare();
        }
        if (target.url == null) {
            throw new CommandLine.ParameterException(spec.commandLine(), "--url: missing (expected: the base URL)");
        }
        if (shape.rate > 0 == shape.streams > 0) {
            throw new CommandLine.ParameterException(spec.commandLine(),
                    "--rate, --streams: both or none (expected: one)");
        }
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, Epoll.isAvailable() ? EpollIoHandler.newFactory()
                : NioIoHandler.newFactory());
        try {
            loop = group.next();
            client = new LoadClient(loop, target.url, tls(), target.isHttp2, target.streamsPerConnection,
                    target.key, body(), requests.leaveAfter, target.isWebSocket ? target.lanes : 0);
            recording = shape.warmupSeconds == 0 ? measured : new Recording(); // without a warm-up, all counts
            loop.execute(() -> start(System.nanoTime()));
            TimeUnit.SECONDS.sleep(shape.warmupSeconds);
            ProcessWatch process = output.pid > 0 ? new ProcessWatch(output.pid) : null;
            LoadReport report = measure(process);
            loop.execute(this::stop);
            long answerNanos = shape.rate > 0 ? (requests.events + OTHER_EVENTS) * paceNanos() : 0;
            quiet.completeOnTimeout(null, DRAIN_NANOS + answerNanos, TimeUnit.NANOSECONDS).join();
            loop.submit(this::countUnfinished).get();
            report.print(spec.commandLine().getOut());
            report.write(output.json, output.html, output.hdr);
            return measured.errorCount() + measured.wrong() == 0 ? 0 : 1;
        } finally {
            if (client != null) {
                loop.submit(this::stop).syncUninterruptibly(); // otherwise each failed request is followed by the next
                client.close();
            }
            group.shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    private int compare() throws IOException {
        JsonNode one = LoadPage.read(output.compared.get(0));
        JsonNode other = LoadPage.read(output.compared.get(1));
        LoadPage.printComparison(one, other, spec.commandLine().getOut());
        if (output.html != null) {
            Files.writeString(output.html, LoadPage.of(List.of(one, other)));
        }
        return 0;
    }

    /** Returns the command line, without the key. */
    private String command() {
        List<String> arguments = new ArrayList<>(spec.commandLine().getParseResult().originalArgs());
        for (int i = 0; i < arguments.size(); i++) {
            if (arguments.get(i).startsWith("--key=")) {
                arguments.set(i, "--key=...");
            } else if (arguments.get(i).equals("--key") && i + 1 < arguments.size()) {
                arguments.set(i + 1, "...");
            }
        }
        String joined = String.join(" ", arguments);
        return joined.startsWith("load") ? "sluice " + joined : "sluice load " + joined;
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
        if (!target.url.getScheme().equals("https")) {
            return null;
        }
        SslContextBuilder builder = SslContextBuilder.forClient();
        if (target.ca != null) {
            builder.trustManager(target.ca.toFile());
        }
        return builder.applicationProtocolConfig(new ApplicationProtocolConfig(Protocol.ALPN,
                SelectorFailureBehavior.NO_ADVERTISE, SelectedListenerFailureBehavior.ACCEPT,
                target.isHttp2 ? "h2" : "http/1.1")).build();
    }

    private byte[] body() throws IOException {
        return LoadBody.of(requests.model, !requests.isDocument, Map.of("mock_stamp", "true",
                "mock_events", Integer.toString(requests.events), "mock_pace_ms", Integer.toString(requests.paceMillis),
                "mock_glue", Integer.toString(requests.glue)), requests.requestBytes, requests.imageBytes);
    }

    private void start(long nowNanos) {
        if (shape.rate > 0) {
            scheduleNext(nowNanos);
        } else {
            for (int i = 0; i < shape.streams; i++) {
                send(System.nanoTime());
            }
        }
    }

    /** Sends the requests that are due. A late one is sent at once, and its times count from when it was due. */
    private void scheduleNext(long startNanos) {
        if (isStopped) {
            return;
        }
        long due = startNanos + (long) (dueCount * 1e9 / shape.rate);
        while (due <= System.nanoTime()) {
            dueCount++;
            send(due);
            due = startNanos + (long) (dueCount * 1e9 / shape.rate);
        }
        loop.schedule(() -> scheduleNext(startNanos), due - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    private void send(long dueNanos) {
        Recording into = recording;
        into.onStart();
        if (shape.rate > 0 && inFlight >= shape.maxStreams) {
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
            if (shape.rate > 0 ? request.into == measured : isStuck) {
                measured.onError("unfinished");
                measured.record(Time.ANSWER, nowNanos - request.dueNanos);
                if (!request.hasBegun) {
                    measured.record(Time.FIRST_EVENT, nowNanos - request.dueNanos);
                }
            }
        }
    }

    private long paceNanos() {
        return TimeUnit.MILLISECONDS.toNanos(requests.paceMillis);
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
        } else if (shape.rate == 0) {
            loop.execute(() -> send(System.nanoTime())); // not inside the callback of the previous answer
        }
    }

    private LoadReport measure(ProcessWatch process) throws Exception {
        loop.submit(() -> recording = measured).get();
        long startNanos = System.nanoTime();
        ProcessWatch.Cpu before = process == null ? null : process.cpu();
        long most = 0;
        for (int second = 1; second <= shape.seconds; second++) {
            TimeUnit.NANOSECONDS.sleep(startNanos + TimeUnit.SECONDS.toNanos(second) - System.nanoTime());
            most = process == null ? 0 : Math.max(most, process.residentKib());
            loop.submit(() -> measured.endSecond(inFlight)).get();
            spec.commandLine().getErr().printf(Locale.ROOT, "%3d s: %,d answers, %,d events, %,d running, %,d errors%n",
                    second, measured.completed(), measured.events(), inFlight, measured.errorCount());
        }
        ProcessWatch.Cpu cpu = process == null ? null : process.cpu().minus(before);
        long nanos = System.nanoTime() - startNanos;
        long open = loop.submit(() -> {
            recording = new Recording(); // keeps later requests, bytes and events out of the result
            return running.stream().filter(request -> request.hasBegun).count();
        }).get();
        return new LoadReport(target.url, parameters(), command(), measured, nanos, open, cpu, most);
    }

    private String parameters() {
        return (shape.rate > 0 ? "rate " + shape.rate : "streams " + shape.streams) + ", events " + requests.events
                + ", pace " + requests.paceMillis + " ms, glue " + requests.glue
                + (requests.requestBytes > 0 ? ", request " + requests.requestBytes + " B" : "")
                + (requests.imageBytes > 0 ? ", image " + requests.imageBytes + " B" : "")
                + (requests.isDocument ? ", documents" : "")
                + (requests.leaveAfter > 0 ? ", left after " + requests.leaveAfter : "")
                + (target.isWebSocket ? ", WebSocket with " + target.lanes + (target.lanes == 1 ? " lane" : " lanes")
                : target.isHttp2 ? ", HTTP/2" : ", HTTP/1.1")
                + (target.url.getScheme().equals("https") ? ", TLS" : "");
    }
}
