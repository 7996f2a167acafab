// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.protocol.Cuts;
import dev.sluice.protocol.framing.BodyRuns;
import io.netty.buffer.ByteBuf;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** P14: what is concluded from an event: whether it ends the response, how, with which failure and which usage. */
class ConclusionsTest {
    private static final String CREATED = "data: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":"
            + "{\"id\":\"resp_a1\",\"status\":\"in_progress\",\"usage\":null}}\n\n";

    private static ResponseObserver observe(String stream, int chunkBytes) {
        ResponseObserver observer = new ResponseObserver();
        BodyRuns runs = new BodyRuns();
        for (byte[] chunk : Cuts.even(stream.getBytes(UTF_8), chunkBytes)) {
            ByteBuf buffer = Cuts.buffer(chunk);
            runs.clear();
            runs.add(buffer.readerIndex(), buffer.writerIndex());
            observer.observe(buffer, runs, new byte[64]);
            buffer.release();
        }
        observer.end();
        return observer;
    }

    private static ResponseCollector.Answer collect(String stream) {
        ResponseCollector collector = new ResponseCollector(1 << 20);
        ByteBuf buffer = Cuts.buffer(stream.getBytes(UTF_8));
        BodyRuns runs = new BodyRuns();
        runs.add(buffer.readerIndex(), buffer.writerIndex());
        collector.add(buffer, runs, new byte[64]);
        buffer.release();
        return collector.end();
    }

    /** The columns: the lines of an event with ' in place of ", its terminal type, and the error code. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', nullValues = "-", textBlock = """
            data: {'type':'response.completed','response':{'id':'r'}} | COMPLETED | -
            data: {'type':'response.done','response':{'status':'completed'}} | COMPLETED | -
            data: {'type':'response.finished','response':{'status':'incomplete'}} | INCOMPLETE | -
            data: {'type':'response.cancelled','response':{'status':'cancelled'}} | CANCELLED | -
            data: {'type':'response.canceled','response':{'status':'cancelled'}} | CANCELLED | -
            data: {'type':'done','response':{'usage':null,'status':'failed','error':{'code':'x'}}} | FAILED | x
            data: {'response':{'status':'completed'}} | COMPLETED | -
            event: response.done\\ndata: {'response':{'status':'completed'}} | COMPLETED | -
            event: end\\ndata: {'response':{'status':'completed'},'type':'end'} | COMPLETED | -
            data: {'response':{'status':'in_progress'},'type':'response.done'} | - | -
            data: {'type':'response.queued','response':{'status':'queued'}} | - | -
            data: {'type':'response.in_progress','response':{'status':'in_progress'}} | - | -
            data: {'type':'keepalive','sequence_number':1} | - | -
            data: {'type':'codex.rate_limits','status':'completed'} | - | -
            data: {'type':'response.failed','response':{'error':{'code':429}}} | FAILED | 429
            data: {'type':'response.failed','response':{'error':{'code':4.29e2}}} | FAILED | 429
            data: {'type':'response.failed','response':{'error':'overloaded'}} | FAILED | overloaded
            data: {'type':'done','response':{'status':'failed','error':{'type':'server_error'}}} | FAILED | server_error
            data: {'type':'error','code':'rate_limit_exceeded','message':'m'} | ERROR | rate_limit_exceeded
            data: {'type':'error','code':503} | ERROR | 503
            data: {'type':'error','error':{'code':'429','type':'t'}} | ERROR | 429
            data: {'type':'error','error':429} | ERROR | 429
            data: {'error':{'message':'m'}} | ERROR | -
            data: {'error':{'message':'m','type':'server_error','code':null}} | ERROR | server_error
            event: error\\ndata: {'message':'m'} | ERROR | -
            data: {'type':'response.mcp_call.failed','error':{'code':'x'}} | - | -
            data: {'error':null,'id':'chatcmpl-1'} | - | -
            """)
    void shouldKnowTheEndAndTheFailure(String lines, EventType end, String code) {
        String event = lines.replace('\'', '"').replace("\\n", "\n") + "\n\n";
        for (int chunkBytes : List.of(1, 7, 1000)) {
            ResponseObserver observer = observe(CREATED + event, chunkBytes);

            assertEquals(end, observer.terminal(), "chunks of " + chunkBytes);
            assertEquals(code, observer.errorCode());
        }
    }

    /** The columns: an event as above, the status of the collected answer, and a part of its document. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            data: {'type':'response.done','response':{'id':'r','status':'completed','output':[1]}} | 200 | 'output':[1]
            event: x\\ndata: {'response':{'id':'r','status':'incomplete','output':[1]}} | 200 | 'status':'incomplete'
            data: {'type':'end','response':{'status':'failed','error':{'code':429}}} | 429 | 'code':'429'
            data: {'type':'response.failed','response':{'error':{'code':'429'}}} | 429 | 'code':'429'
            data: {'type':'response.failed','response':{'error':{'code':'slow_down'}}} | 503 | slow_down
            data: {'type':'error','error':503} | 503 | 'code':'503'
            data: {'type':'error','code':'model_not_found','message':'m'} | 404 | model_not_found
            event: error\\ndata: {'message':'m'} | 502 | 'message':'m'
            data: {'error':{'type':'overloaded_error','message':'m'}} | 503 | 'message':'m'
            data: {'type':'response.failed','response':{'error':{'code':200}}} | 502 | 'code':'200'
            data: {'type':'response.done','response':{'status':'in_progress'}} | 502 | upstream_stream_truncated
            """)
    void shouldCollectTheSameConclusion(String lines, int status, String part) {
        ResponseCollector.Answer answer = collect(CREATED + lines.replace('\'', '"').replace("\\n", "\n") + "\n\n");

        assertEquals(status, answer.status());
        String document = new String(answer.body(), UTF_8);
        assertTrue(document.contains(part.replace('\'', '"')), document);
    }

    /** JSON has one kind of number. A count that is absurd is ignored, and so is a usage without both counts. */
    @ParameterizedTest
    @CsvSource({"11, 11", "11.0, 11", "1.1e1, 11", "110E-1, 11", "10.6, 11", "11.4, 11", "0, 0", "-0, 0", "0.0, 0",
            "-1, ", "1e99, ", "1e999999999, ", "99999999999999999999, ", "'\"11\"', ", "null, ", "true, "})
    void shouldReadEveryFormOfANumber(String text, Long count) {
        Usage usage = observe(CREATED + "data: {\"type\":\"response.completed\",\"response\":{\"usage\":{"
                + "\"input_tokens\":" + text + ",\"output_tokens\":7.0}}}\n\n", 1000).usage();

        if (count == null) {
            assertNull(usage);
        } else {
            assertEquals(new Usage(count, 0, 7, 0, count + 7, false), usage);
        }
    }

    /** Usage counts from its closing brace, in any event that may have had a final status. */
    @ParameterizedTest
    @ValueSource(strings = {
        "data: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":11,\"output_tokens\":7}",
        "data: {\"type\":\"response.done\",\"response\":{\"usage\":{\"input_tokens\":11,\"output_tokens\":7}",
        "data: {\"response\":{\"status\":\"failed\",\"usage\":{\"input_tokens\":11,\"output_tokens\":7},",
        "data: {\"response\":{\"usage\":{\"input_tokens\":11,\"output_tokens\":7}, broken",
        "event: x\ndata: {\"response\":{\"usage\":{\"output_tokens\":7,\"input_tokens\":11}}}}}}\n\n",
        "event: response.completed\ndata: {\"response\":{\"usage\":{\"output_tokens\":7,\"input_tokens\":11}}\n\n"
    })
    void shouldCountUsageOfAnEventThatIsCutOrBroken(String rest) {
        for (int chunkBytes : List.of(1, 7, 1000)) {
            ResponseObserver observer = observe(CREATED + rest, chunkBytes);

            assertEquals(new Usage(11, 0, 7, 0, 18, true), observer.usage());
            assertNull(observer.terminal());
        }
    }

    /** The numbers of a stream are numbers too: 3.0 is 3. */
    @ParameterizedTest
    @ValueSource(strings = {"3", "3.0", "0.3e1"})
    void shouldReadEveryFormOfASequenceNumber(String number) {
        assertEquals(4, observe("data: {\"type\":\"response.created\",\"sequence_number\":" + number
                + ",\"response\":{\"id\":\"r\"}}\n\n", 7).nextSequenceNumber());
    }
}
