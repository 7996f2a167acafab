// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.protocol.Cuts;
import dev.sluice.protocol.framing.BodyRuns;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseObserverTest {
    private static final String USAGE = "{\"input_tokens\":10,\"input_tokens_details\":{\"cached_tokens\":4},"
            + "\"output_tokens\":7,\"output_tokens_details\":{\"reasoning_tokens\":2},\"total_tokens\":17}";
    private static final String CREATED = event("response.created", "{\"type\":\"response.created\","
            + "\"sequence_number\":0,\"response\":{\"id\":\"resp_1\",\"model\":\"gpt-5.2\",\"usage\":null}}");
    private static final String DELTA = event("response.output_text.delta",
            "{\"type\":\"response.output_text.delta\",\"sequence_number\":1,\"delta\":\"h\u00e9\u4e2d\"}");
    private static final String COMPLETED = event("response.completed", "{\"type\":\"response.completed\","
            + "\"sequence_number\":2,\"response\":{\"id\":\"resp_1\",\"status\":\"completed\",\"output\":["
            + "{\"content\":[{\"text\":\"\\\"usage\\\":{}\"}]}],\"usage\":" + USAGE + "}}");
    private static final Usage COUNTS = new Usage(10, 4, 7, 2, 17, false);

    private static String event(String name, String data) {
        return "event: " + name + "\ndata: " + data + "\n\n";
    }

    private static ResponseObserver observe(String stream, int chunkBytes) {
        return observe(Cuts.even(stream.getBytes(UTF_8), chunkBytes));
    }

    private static ResponseObserver observe(List<byte[]> chunks) {
        ResponseObserver observer = new ResponseObserver();
        BodyRuns runs = new BodyRuns();
        for (byte[] chunk : chunks) {
            ByteBuf buffer = Cuts.buffer(chunk);
            runs.clear();
            runs.add(buffer.readerIndex(), buffer.writerIndex());
            observer.observe(buffer, runs, new byte[32]);
            buffer.release();
        }
        observer.end();
        return observer;
    }

    private static void assertCompleted(ResponseObserver observer, int events, String label) {
        assertEquals(events, observer.events(), label);
        assertEquals("resp_1", observer.responseId(), label);
        assertEquals("completed", observer.responseStatus(), label);
        assertEquals(EventType.COMPLETED, observer.terminal(), label);
        assertEquals(COUNTS, observer.usage(), label);
        assertFalse(observer.hasGivenUp(), label);
    }

    /** A response begins with the tier that was asked for, and ends with the one that served it. */
    @Test
    void shouldFindTheTierThatServed() {
        String begun = CREATED.replace("\"id\":\"resp_1\"", "\"id\":\"resp_1\",\"service_tier\":\"auto\"");
        String ended = COMPLETED.replace("\"id\":\"resp_1\"", "\"id\":\"resp_1\",\"service_tier\":\"default\"");

        assertEquals("auto", observe(begun, 7).serviceTier());
        assertEquals("default", observe(begun + DELTA + ended, 7).serviceTier());
        assertEquals("auto", observe(begun + COMPLETED, 7).serviceTier());
        assertNull(observe(CREATED + COMPLETED, 7).serviceTier());
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void shouldUnderstandEveryLineEndInEveryCut(String lineEnd) {
        String stream = (CREATED + DELTA + DELTA + COMPLETED).replace("\n", lineEnd);
        for (int chunkBytes : Cuts.chunkBytes()) {
            ResponseObserver observer = observe(stream, chunkBytes);

            assertCompleted(observer, 4, "chunk " + chunkBytes);
            assertEquals(lineEnd, observer.lineEnd());
            assertTrue(observer.isAtEventBoundary());
        }
    }

    @Test
    void shouldUnderstandWhatOtherUpstreamsSend() {
        List<String> streams = List.of(
                (CREATED + DELTA + COMPLETED).replaceAll("event: .*\n", ""),
                (CREATED + DELTA + COMPLETED).replaceAll("event: ", "event:").replaceAll("data: ", "data:"),
                (CREATED + DELTA + COMPLETED).replaceAll("event: .*\n", "event: message\n"),
                ": hello\n\n" + CREATED + ":\n\nid: 7\nretry: 10\n" + DELTA + COMPLETED,
                "\ufeff" + CREATED + DELTA + COMPLETED,
                CREATED + DELTA + COMPLETED.replace(",\"response\":", "\ndata: ,\"response\":\ndata: "),
                CREATED + DELTA + COMPLETED.replaceAll("event: (.*)\ndata: (.*)\n", "data: $2\nevent: $1\n"),
                CREATED + DELTA.replaceAll("\"type\":\"[a-z_.]*\",(.*)}", "$1,\"type\":\"x\"}") + COMPLETED);
        for (String stream : streams) {
            for (int chunkBytes : Cuts.chunkBytes()) {
                assertCompleted(observe(stream, chunkBytes), 3, stream);
            }
        }
    }

    @Test
    void shouldKnowTheEndOfALastEventWithoutItsBlankLine() {
        for (int missing = 1; missing <= 2; missing++) {
            String stream = CREATED + COMPLETED.substring(0, COMPLETED.length() - missing);
            for (int chunkBytes : Cuts.chunkBytes()) {
                ResponseObserver observer = observe(stream, chunkBytes);

                assertEquals(EventType.COMPLETED, observer.terminal());
                assertEquals(COUNTS, observer.usage());
            }
        }
    }

    @Test
    void shouldCountUsageOfACutEventOnceItsBraceHasArrived() {
        int brace = COMPLETED.lastIndexOf("}}}") + 1;
        for (int chunkBytes : Cuts.chunkBytes()) {
            ResponseObserver whole = observe(CREATED + COMPLETED.substring(0, brace), chunkBytes);
            ResponseObserver cut = observe(CREATED + COMPLETED.substring(0, brace - 1), chunkBytes);

            assertEquals(COUNTS.truncated(), whole.usage());
            assertNull(whole.terminal());
            assertNull(cut.usage());
        }
    }

    @Test
    void shouldTellFailuresAndErrorsApart() {
        ResponseObserver failed = observe(CREATED + event("response.failed", "{\"type\":\"response.failed\","
                + "\"response\":{\"id\":\"resp_1\",\"status\":\"failed\",\"error\":{\"code\":\"server_error\"}}}"), 7);
        ResponseObserver flat = observe(event("error", "{\"type\":\"error\",\"code\":\"slow_down\"}"), 7);
        ResponseObserver nested = observe(event("error", "{\"type\":\"error\",\"error\":{\"code\":\"slow_down\"}}"), 7);

        assertEquals(EventType.FAILED, failed.terminal());
        assertEquals("server_error", failed.errorCode());
        assertEquals(EventType.ERROR, flat.terminal());
        assertEquals("slow_down", flat.errorCode());
        assertEquals("slow_down", nested.errorCode());
    }

    @Test
    void shouldNotBeDisturbedByABadUsage() {
        for (String bad : new String[] {"null", "7", "[]", "{}", "{\"input_tokens\":-1,\"output_tokens\":2}",
            "{\"input_tokens\":\"x\"}", "{\"input_tokens\":99999999999999999999,\"output_tokens\":1}",
            "{\"x\":\"" + "y".repeat(20_000) + "\"}"}) {
            ResponseObserver observer = observe(CREATED + COMPLETED.replace(USAGE, bad), 100);

            assertNull(observer.usage(), bad);
            assertEquals(EventType.COMPLETED, observer.terminal(), bad);
        }
    }

    @Test
    void shouldGiveUpOnATerminalEventThatIsNotJson() {
        ResponseObserver observer = observe(CREATED + event("response.completed", "{\"response\":}"), 5);

        assertTrue(observer.hasGivenUp());
        assertNull(observer.terminal());
        assertFalse(observe(CREATED + event("x", "a:{}") + "data: [DONE]\n\n", 5).hasGivenUp());
    }

    @Test
    void shouldCountTheSequenceOnFromTheLastNumberParsed() {
        assertEquals(-1, observe(DELTA, 9).nextSequenceNumber());
        assertEquals(1, observe(CREATED, 9).nextSequenceNumber());
        assertEquals(3, observe(CREATED + DELTA + DELTA, 9).nextSequenceNumber());
        assertEquals(3, observe(CREATED + DELTA + ": c\n\n" + DELTA + "data: [DONE]\n\n", 9).nextSequenceNumber());
    }

    @Test
    void shouldWriteAFailedEventWhereOneCanBeAdded() {
        String added = new String(FailedEvent.of(observe(CREATED + DELTA, 7), "server_error", "gone", 5), UTF_8);

        assertEquals("event: response.failed\ndata: {\"type\":\"response.failed\",\"sequence_number\":2,"
                + "\"response\":{\"id\":\"resp_1\",\"object\":\"response\",\"created_at\":5,\"model\":\"gpt-5.2\","
                + "\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"gone\"},\"output\":[],"
                + "\"tools\":[],\"tool_choice\":\"auto\",\"parallel_tool_calls\":true,\"usage\":null}}\n\n", added);
        ResponseObserver seen = observe(CREATED + DELTA + added, 7);
        assertEquals(EventType.FAILED, seen.terminal());
        assertEquals(3, seen.nextSequenceNumber());
    }

    @Test
    void shouldSupplyOnlyAMissingBlankLine() {
        String crlf = CREATED.replace("\n", "\r\n");
        byte[] added = FailedEvent.of(observe(crlf.substring(0, crlf.length() - 2), 7), "c", "m", 5);

        assertTrue(new String(added, UTF_8).startsWith("\r\nevent: response.failed\r\ndata: "));
        assertTrue(new String(added, UTF_8).contains("\"sequence_number\":1,"));
        for (String cut : new String[] {CREATED + DELTA.substring(0, DELTA.length() - 2), CREATED + "event: x\n",
            CREATED + "e", CREATED + "data: {\"a\":\n", DELTA, "", CREATED + COMPLETED,
            CREATED + DELTA.substring(0, DELTA.length() - 1), CREATED + "data: {\"a\":1}\ndata: x\n",
            CREATED + "data: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_1\"}\n"}) {
            assertNull(FailedEvent.of(observe(cut, 7), "c", "m", 5), cut);
        }
    }

    /** An event that could not be parsed may have been terminal, so that no event may be added after it. */
    @Test
    void shouldAddNothingAfterATerminalEventThatItDidNotUnderstand() {
        String doubled = COMPLETED.replace("\"status\"", "\"id\":\"resp_1\",\"status\"");

        assertTrue(observe(CREATED + doubled, 7).hasGivenUp());
        assertNull(FailedEvent.of(observe(CREATED + doubled, 7), "c", "m", 5));
    }

    @Test
    void shouldGoOnObservingAfterABrokenEventThatWasNotTheLast() {
        String broken = CREATED.replace("\"usage\":null", "\"usage\":null,\"usage\":null");

        assertFalse(observe(broken + DELTA, 7).hasGivenUp());
        assertEquals(EventType.COMPLETED, observe(broken + DELTA + COMPLETED, 7).terminal());
        assertTrue(observe("data: {\"response\":{\"a\":1,\"id\":1,\"id\":2},\"type\":\"response.completed\"}\n\n", 7)
                .hasGivenUp());
    }

    /** The shortcut that skips events by their prefix must not read past the end of a line. */
    @Test
    void shouldNotSkipOverALineEnd() {
        for (String odd : new String[] {"event: response.\n\n", "data: {\"type\":\"response.x\"}\n\n",
            "data: {\"type\":\"response.\n\n", "event: response.a\n\n"}) {
            for (int chunkBytes : Cuts.chunkBytes()) {
                assertEquals(EventType.COMPLETED, observe(odd + COMPLETED, chunkBytes).terminal(), odd);
            }
        }
    }

    @Test
    void shouldNumberTheNextEventTheSameInEveryCut() {
        String keepAlive = "data: {\"type\":\"keepalive\",\"sequence_number\":1}\n\n";
        for (int chunkBytes : Cuts.chunkBytes()) {
            assertEquals(2, observe(CREATED + DELTA + keepAlive, chunkBytes).nextSequenceNumber());
        }
    }

    @Test
    void shouldLookThroughAnEventOfAnySize() {
        String huge = COMPLETED.replace("\"output\":[", "\"output\":[\"" + "x".repeat(3_000_000) + "\",");

        assertCompleted(observe(CREATED + huge, 8192), 2, "3 MB");
    }

    @RepeatedTest(200)
    void shouldAgreeWithAPlainParserOnRandomStreams(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        SplittableRandom random = new SplittableRandom(seed);
        String[] parts = {"event: response.output_text.delta", "data: {\"type\":\"response.output_text.delta\"}", "",
            "", "data:x", ":c", "data", "id: 1", "event: response.completed", "eventx: y", "data: [DONE]", "dat: 1",
            "event:response.in_progress", "data: {\"type\":\"response.in_progress\",\"a\":[1]}", "event: error"};
        String[] ends = {"\n", "\r\n", "\r"};
        StringBuilder stream = new StringBuilder();
        int lines = random.nextInt(60);
        for (int i = 0; i < lines; i++) {
            stream.append(parts[random.nextInt(parts.length)]).append(ends[random.nextInt(3)]);
        }

        ResponseObserver observer = observe(Cuts.random(stream.toString().getBytes(UTF_8), 40, random));

        assertEquals(countEvents(stream.toString()), observer.events(), "seed " + seed);
    }

    private static long countEvents(String stream) {
        List<String> lines = new ArrayList<>(List.of(stream.split("\r\n|\n|\r", -1)));
        lines.remove(lines.size() - 1);
        long events = 0;
        boolean hasData = false;
        for (String line : lines) {
            if (line.isEmpty()) {
                events += hasData ? 1 : 0;
                hasData = false;
            } else if (line.equals("data") || line.startsWith("data:")) {
                hasData = true;
            }
        }
        return events;
    }
}
