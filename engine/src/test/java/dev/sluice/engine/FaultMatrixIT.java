// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine;

import static dev.sluice.engine.ScriptedUpstream.chunk;
import static dev.sluice.engine.ScriptedUpstream.eventStreamHead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.engine.config.Balance;
import dev.sluice.engine.config.ClusterConfig;
import dev.sluice.engine.config.EndpointConfig;
import dev.sluice.engine.config.HealthConfig;
import dev.sluice.engine.config.HttpVersions;
import dev.sluice.engine.config.RelayConfig;
import dev.sluice.engine.config.RouteConfig;
import dev.sluice.engine.config.TimeoutConfig;
import dev.sluice.engine.config.TransportConfig;
import dev.sluice.engine.spi.ExchangeObserver;
import dev.sluice.engine.spi.ObservedAttempt;
import dev.sluice.engine.spi.ObservedExchange;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every fault of an upstream at every moment of an exchange, with a healthy second endpoint behind the faulty one. The
 * balancer prefers the faulty endpoint. The test compares the downstream's bytes with the expected ones and counts the
 * complete requests that each endpoint receives.
 *
 * <p>The outcomes:
 * <ul>
 * <li>{@code other}: the second endpoint's answer; it alone received the request.
 * <li>{@code twice}: the second endpoint's answer; the first one also received the request and declined it, or, in the
 *     column {@code reuse}, had answered the request before.
 * <li>{@code again}: the first endpoint's answer on a new connection, after it has closed a kept one.
 * <li>{@code 502} and {@code 504}: the relay's refusal; the second endpoint received nothing.
 * <li>{@code relayed}: the first endpoint's refusal.
 * <li>{@code cut}: the bytes before the fault, and then no clean end.
 * <li>{@code whole}: the first endpoint's answer.
 * </ul>
 * A letter names the reason why there is no such case.
 */
@ParameterizedClass
@EnumSource(names = {"EPOLL", "IO_URING", "NIO"})
class FaultMatrixIT extends RelayFixture {
    private static final String MATRIX = """
        fault     connect handshake reuse in_request before_head in_head after_head mid_event after_event after_terminal
        reset     other   other     again other      502         502     502        cut       cut         whole
        close     a       other     again other      502         502     502        cut       cut         whole
        garbage   a       other     b     502        502         502     502        cut       cut         whole
        stall     other   other     b     504        504         504     504        cut       cut         whole
        drip      a       c         b     whole      whole       whole   whole      whole     whole       whole
        goaway    a       a         twice d          twice       e       whole      whole     whole       f
        refused   a       a         twice d          twice       e       502        cut       cut         f
        error     a       a         b     d          502         e       502        cut       cut         f
        half_open a       a         b     d          502         e       502        cut       cut         f
        s429      g       g         b     h          twice       g       g          g         g           g
        s429wait  g       g         b     h          twice       g       g          g         g           g
        s500      g       g         b     h          relayed     g       g          g         g           g
        s500wait  g       g         b     h          relayed     g       g          g         g           g
        s503      g       g         b     h          twice       g       g          g         g           g
        s503wait  g       g         b     h          twice       g       g          g         g           g
        s529      g       g         b     h          twice       g       g          g         g           g
        s529wait  g       g         b     h          twice       g       g          g         g           g
        """;
    /*
     * a  there is no connection yet, or no protocol that could carry this fault
     * b  as before_head: a reused connection behaves like any other
     * c  a handshake byte by byte is a slow handshake: as stall if it takes too long, otherwise no fault at all
     * d  as before_head: a frame that comes before the request's last frame meets the same stream
     * e  half a HEADERS frame stalls the connection: as before_head
     * f  END_STREAM comes with the terminal event's frame or right behind it, and the event ends the exchange
     * g  a status is part of a head and can occur only before_head
     * h  an early error answer is before_head for a request that is cut short; RequestBodyIT covers it
     */
    private static final String GOOD = "event: response.completed\ndata: {\"type\":\"response.completed\","
            + "\"sequence_number\":0,\"response\":{\"id\":\"resp_good\",\"status\":\"completed\"}}\n\n";
    private static final int LARGE_BYTES = 6 * 1024 * 1024;

    private final ScriptedUpstream good = new ScriptedUpstream();
    private final AtomicInteger faultyRequests = new AtomicInteger();
    private final AtomicInteger goodRequests = new AtomicInteger();
    /** Released once the downstream has read everything that precedes the fault. */
    private final CountDownLatch mayFail = new CountDownLatch(1);
    private final CountDownLatch hasStalled = new CountDownLatch(1);
    private final List<AutoCloseable> open = new ArrayList<>();
    private final AtomicInteger uses = new AtomicInteger();
    private final AtomicInteger attemptEnds = new AtomicInteger();

    static Stream<Arguments> cells() {
        List<String> lines = MATRIX.lines().toList();
        String[] moments = lines.get(0).trim().split("\\s+");
        return lines.stream().skip(1).map(line -> line.trim().split("\\s+")).flatMap(row -> {
            assertEquals(moments.length, row.length, row[0]);
            return Stream.iterate(1, i -> i + 1).limit(moments.length - 1L).filter(i -> row[i].length() > 1)
                    .map(i -> Arguments.of(row[0], moments[i], row[i]));
        });
    }

    @AfterEach
    void closeAll() throws Exception {
        good.close();
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private static boolean isOf2(String fault) {
        return fault.equals("goaway") || fault.equals("refused") || fault.equals("error") || fault.equals("half_open");
    }

    @ParameterizedTest(name = "{0} {1} is {2}")
    @MethodSource("cells")
    void shouldBe(String fault, String moment, String outcome) throws Exception {
        good.always(this::serveWell);
        launchBefore(fault, moment);
        String body = moment.equals("in_request") ? BODY.replace("hi", "x".repeat(LARGE_BYTES)) : BODY;
        if (moment.equals("reuse")) {
            expectWhole(CREATED + COMPLETED, BODY);
        }

        switch (outcome) {
            case "other", "twice" -> {
                expectWhole(GOOD, body);
                assertEquals(1, goodRequests.get());
                assertEquals(outcome.equals("twice") ? 1 : 0, faultyRequests.get());
            }
            case "again" -> {
                expectWhole(GOOD, body);
                assertEquals(0, goodRequests.get());
                assertEquals(2, faultyRequests.get());
            }
            case "502", "504", "relayed" -> expectRefusal(outcome, fault, moment, body);
            case "cut" -> expectCut(fault, moment);
            case "whole" -> expectWholeAfter(fault, moment, body);
            default -> throw new AssertionError(outcome);
        }
        expectNothingLeft();
    }

    private void serveWell(RawPeer peer) throws IOException {
        while (true) {
            peer.readMessage();
            goodRequests.incrementAndGet();
            peer.write(eventStreamHead() + chunk(GOOD) + "0\r\n\r\n");
        }
    }

    private void launchBefore(String fault, String moment) throws Exception {
        String url = upstream.url();
        if (moment.equals("connect")) {
            url = fault.equals("reset") ? refusing() : silent();
        } else if (moment.equals("handshake")) {
            url = url.replace("http:", "https:");
        }
        upstream.always(peer -> {
            if (isOf2(fault)) {
                new FaultyStream(fault, moment, new Http2Peer(peer).accept().openConnectionWindow()).run();
            } else {
                runFaulty(fault, moment, peer);
            }
        });
        EndpointConfig faulty = EndpointConfig.of(url, null).withPlace(1, 0, 0)
                .withVersions(isOf2(fault) ? HttpVersions.HTTP_2 : HttpVersions.AUTO);
        relay = Relay.launch(RelayConfig.builder().listen("127.0.0.1", 0)
                .cluster(ClusterConfig.of("up", faulty, EndpointConfig.of(good.url(), null).withPlace(1, 1, 0))
                        .withBalance(Balance.PRIORITY, new HealthConfig(1000, 0, 20, Duration.ofSeconds(5),
                                Duration.ofSeconds(60), Duration.ofHours(24), 0, null)))
                .route(RouteConfig.of("gpt-*", "up"))
                .timeouts(TimeoutConfig.builder().connect(Duration.ofMillis(700)).tlsHandshake(Duration.ofMillis(700))
                        .build())
                .transport(new TransportConfig(transport, 1, false)).build(),
                extensionsBuilder().observer(new ExchangeObserver() {
                    @Override
                    public void onAttemptEnded(ObservedExchange exchange, ObservedAttempt attempt) {
                        attemptEnds.incrementAndGet();
                    }
                }).build());
    }

    private String refusing() throws IOException {
        ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        server.close();
        return "http://127.0.0.1:" + server.getLocalPort() + "/v1";
    }

    /** Returns the URL of a socket that drops SYNs, because its backlog is full. */
    private String silent() throws IOException {
        ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        open.add(server);
        for (int i = 0; i < 4; i++) {
            Socket socket = new Socket();
            open.add(socket);
            try {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort()), 200);
            } catch (IOException full) {
                break;
            }
        }
        return "http://127.0.0.1:" + server.getLocalPort() + "/v1";
    }

    private void runFaulty(String fault, String moment, RawPeer peer) throws Exception {
        if (moment.equals("handshake")) {
            peer.readBytes(10);
            fail(fault, peer, false);
            return;
        }
        if (moment.equals("reuse") && uses.getAndIncrement() == 0) {
            peer.readMessage();
            faultyRequests.incrementAndGet();
            peer.write(eventStreamHead() + chunk(CREATED) + chunk(COMPLETED) + "0\r\n\r\n");
            peer.readBytes(1);
            fail(fault, peer, false);
            return;
        }
        if (moment.equals("reuse")) {
            peer.readMessage();
            faultyRequests.incrementAndGet();
            peer.write(eventStreamHead() + chunk(GOOD) + "0\r\n\r\n");
            peer.awaitClose();
            return;
        }
        if (moment.equals("in_request")) {
            peer.readHead();
            peer.readBytes(1000);
            if (!fault.equals("drip")) {
                fail(fault, peer, false);
                return;
            }
            for (int left = LARGE_BYTES + BODY.length() - 2 - 1000; left > 0; left -= 100_000) {
                peer.readBytes(Math.min(left, 100_000));
                time.settle();
            }
            faultyRequests.incrementAndGet();
        } else {
            String head = peer.readMessage().head();
            assertTrue(head.startsWith("POST "), head);
            faultyRequests.incrementAndGet();
        }
        String answer = prefix(moment);
        if (fault.equals("drip")) {
            drip(peer, eventStreamHead() + chunk(CREATED) + chunk(COMPLETED) + "0\r\n\r\n");
            return;
        }
        if (fault.matches("s\\d.*")) {
            peer.write("HTTP/1.1 " + fault.substring(1, 4) + " X\r\nContent-Type: application/json\r\n"
                    + (fault.endsWith("wait") ? "Retry-After: 30\r\n" : "") + "Content-Length: 2\r\n\r\n{}");
            peer.awaitClose();
            return;
        }
        peer.write(answer);
        fail(fault, peer, answer.contains("data:"));
    }

    /** Returns the bytes that the faulty endpoint sends before it fails. */
    private static String prefix(String moment) {
        return switch (moment) {
            case "in_head" -> "HTTP/1.1 200 OK\r\nContent-Ty";
            case "after_head" -> eventStreamHead();
            case "mid_event" -> eventStreamHead() + chunk(CREATED) + chunk(DELTA.substring(0, 40));
            case "after_event" -> eventStreamHead() + chunk(CREATED);
            case "after_terminal" -> eventStreamHead() + chunk(CREATED) + chunk(COMPLETED);
            default -> "";
        };
    }

    private void fail(String fault, RawPeer peer, boolean isSeen) throws Exception {
        if (isSeen) {
            assertTrue(mayFail.await(20, TimeUnit.SECONDS));
        }
        switch (fault) {
            case "reset" -> peer.reset();
            case "close" -> peer.close();
            case "garbage" -> {
                peer.write("\u0001\u0002 nonsense\r\n\r\n");
                peer.awaitClose();
            }
            default -> {
                hasStalled.countDown();
                awaitEnd(peer);
            }
        }
    }

    private static void awaitEnd(RawPeer peer) throws IOException {
        try {
            peer.in().skip(Long.MAX_VALUE);
            while (peer.in().read() >= 0) {
                peer.in().skip(1 << 20);
            }
        } catch (SocketException | EOFException reset) {
            // a reset is an end too
        }
    }

    private void drip(RawPeer peer, String answer) throws Exception {
        for (int i = 0; i < answer.length(); i++) {
            peer.write(answer.substring(i, i + 1));
            if (i % 40 == 0) {
                time.settle(); // the relay has read this part alone
            }
        }
    }

    /** The faults that consist of HTTP/2 frames. */
    private final class FaultyStream {
        private static final int REFUSED_STREAM = 7;
        private static final int INTERNAL_ERROR = 2;
        private final String fault;
        private final String moment;
        private final Http2Peer peer;

        FaultyStream(String fault, String moment, Http2Peer peer) {
            this.fault = fault;
            this.moment = moment;
            this.peer = peer;
        }

        void run() throws Exception {
            int stream = nextRequest();
            if (moment.equals("reuse") && uses.getAndIncrement() == 0) {
                peer.headers(stream, false, ":status", "200", "content-type", "text/event-stream");
                peer.data(stream, CREATED + COMPLETED, true);
                stream = nextRequest();
                faultyRequests.decrementAndGet(); // the fault declines this request, so it does not count
            }
            if (moment.equals("after_head") || moment.endsWith("_event")) {
                peer.headers(stream, false, ":status", "200", "content-type", "text/event-stream");
            }
            if (moment.endsWith("_event")) {
                peer.data(stream, CREATED + (moment.equals("mid_event") ? DELTA.substring(0, 40) : ""), false);
                assertTrue(mayFail.await(20, TimeUnit.SECONDS));
            }
            switch (fault) {
                case "refused" -> peer.reset(stream, REFUSED_STREAM);
                case "error" -> peer.reset(stream, INTERNAL_ERROR);
                case "half_open" -> hasStalled.countDown();
                default -> goAway(stream);
            }
            awaitEnd(peer.raw());
        }

        private void goAway(int stream) throws IOException {
            boolean isAnswering = moment.equals("after_head") || moment.endsWith("_event");
            peer.goAway(isAnswering ? stream : stream - 2, 0);
            if (isAnswering) {
                String rest = switch (moment) {
                    case "after_head" -> CREATED + COMPLETED;
                    case "mid_event" -> DELTA.substring(40) + COMPLETED;
                    default -> COMPLETED;
                };
                peer.data(stream, rest, true);
            }
        }

        private int nextRequest() throws IOException {
            Http2Peer.Frame head = peer.next();
            while (!head.isEnd()) {
                head = peer.next();
            }
            faultyRequests.incrementAndGet();
            return head.stream();
        }
    }

    private RawPeer ask(String body) throws IOException {
        return connect().write(post(body));
    }

    private void expectWhole(String expected, String body) throws IOException {
        try (RawPeer client = ask(body)) {
            RawPeer.Message answer = client.readMessage();
            assertTrue(answer.head().startsWith("HTTP/1.1 200 "), answer.head() + answer.text());
            assertEquals(expected, answer.text());
        }
    }

    private void expectRefusal(String outcome, String fault, String moment, String body) throws Exception {
        try (RawPeer client = ask(body)) {
            passTimeWhereStalled(fault, moment);
            RawPeer.Message answer = client.readMessage();
            boolean isRelayed = outcome.equals("relayed");
            String status = isRelayed ? fault.substring(1, 4) : outcome;
            assertTrue(answer.head().startsWith("HTTP/1.1 " + status + ' '), answer.head());
            String code = outcome.equals("504") ? "upstream_timeout" : "upstream_error";
            String message = isRelayed ? null : answer.text().replaceFirst(".*\"message\":\"([^\"]*)\".*", "$1");
            assertEquals(isRelayed ? "{}" : "{\"error\":{\"message\":\"" + message + "\",\"type\":\"upstream_error\","
                    + "\"code\":\"" + code + "\",\"param\":null}}", answer.text());
            assertTrue(isRelayed || message.startsWith("The upstream"), message);
        }
        assertEquals(0, goodRequests.get());
        assertEquals(moment.equals("in_request") ? 0 : 1, faultyRequests.get());
    }

    private void expectCut(String fault, String moment) throws Exception {
        boolean isOf2 = isOf2(fault);
        String events = CREATED + (moment.equals("mid_event") ? DELTA.substring(0, 40) : "");
        String expected = isOf2 ? chunk(events) : prefix(moment).substring(eventStreamHead().length());
        try (RawPeer client = ask(BODY)) {
            String head = client.readHead();
            assertTrue(head.startsWith("HTTP/1.1 200 "), head);
            assertEquals(expected, new String(client.readBytes(expected.length()),
                    StandardCharsets.ISO_8859_1));
            mayFail.countDown();
            passTimeWhereStalled(fault, moment);
            assertEquals("", restOf(client));
        }
        assertEquals(0, goodRequests.get());
        assertEquals(1, faultyRequests.get());
    }

    /** Returns the remaining bytes, up to a close or a reset. */
    private static String restOf(RawPeer client) throws IOException {
        StringBuilder rest = new StringBuilder();
        try {
            for (int b = client.in().read(); b >= 0; b = client.in().read()) {
                rest.append((char) b);
            }
        } catch (SocketException reset) {
            // not a clean end either
        }
        return rest.toString();
    }

    private void expectWholeAfter(String fault, String moment, String body) throws Exception {
        String events = moment.equals("mid_event") && isOf2(fault) ? CREATED + DELTA + COMPLETED : CREATED + COMPLETED;
        try (RawPeer client = ask(body)) {
            String head = client.readHead();
            assertTrue(head.startsWith("HTTP/1.1 200 "), head);
            StringBuilder received = new StringBuilder();
            if (moment.startsWith("mid") || moment.startsWith("after_e")) {
                received.append(client.readUntil("response.created"));
                mayFail.countDown();
            }
            if (moment.equals("after_terminal")) {
                received.append(client.readUntil("\"total_tokens\":8}}}\n\n"));
                mayFail.countDown();
                passTimeWhereStalled(fault, moment);
            }
            received.append(client.readUntil("0\r\n\r\n"));
            assertEquals(events, unchunked(received.toString()));
        }
        assertEquals(0, goodRequests.get());
        assertEquals(1, faultyRequests.get());
    }

    private static String unchunked(String text) {
        StringBuilder body = new StringBuilder();
        int at = 0;
        while (true) {
            int lineEnd = text.indexOf("\r\n", at);
            int size = Integer.parseInt(text.substring(at, lineEnd), 16);
            if (size == 0) {
                return body.toString();
            }
            body.append(text, lineEnd + 2, lineEnd + 2 + size);
            at = lineEnd + 2 + size + 2;
        }
    }

    private void passTimeWhereStalled(String fault, String moment) throws Exception {
        if (!fault.equals("stall") && !fault.equals("half_open")) {
            return;
        }
        assertTrue(hasStalled.await(20, TimeUnit.SECONDS));
        int before = attemptEnds.get();
        // More than once, because the relay may not have seen the stall begin: perhaps the kernel still takes bytes.
        Await.until("the attempt has ended", () -> {
            if (fault.equals("half_open")) {
                time.advance(Duration.ofSeconds(31)); // the relay sends a PING
                time.advance(Duration.ofSeconds(11));
            } else {
                time.advance(moment.equals("after_terminal") ? Duration.ofSeconds(3) : Duration.ofMinutes(11));
            }
            return attemptEnds.get() > before;
        });
    }

    /** Expects no exchange, no request in flight at any endpoint and, in the end, no idle connection in the pools. */
    private void expectNothingLeft() throws Exception {
        upstream.close();
        good.close();
        Await.until("nothing is left", () -> gauge("exchanges_in_flight") == 0
                && relay.core().idleUpstreamConnections() == 0
                && !describeEndpoints().replace("\"in_flight\":0", "").contains("in_flight"));
    }
}
