// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.response;

import dev.sluice.engine.http.ContentDecoder;
import dev.sluice.engine.http.ResponseHead;
import dev.sluice.engine.spi.ExchangeEnd;
import dev.sluice.protocol.error.RelayException;
import dev.sluice.protocol.event.DocumentObserver;
import dev.sluice.protocol.event.ResponseObserver;
import dev.sluice.protocol.event.ScannerPool;
import dev.sluice.protocol.event.StreamStart;
import dev.sluice.protocol.event.Usage;
import dev.sluice.protocol.framing.BodyPiece;
import dev.sluice.protocol.framing.BodyRuns;
import io.netty.buffer.ByteBuf;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * The observer of one response body: it counts bytes and events and learns the response's id, status, usage and error.
 *
 * <p>Bytes are sent first and observed afterwards, so that observing adds no latency. The latest read is kept until it
 * was flushed, and is observed then. If another read or the end of the body comes before the flush, the kept read is
 * observed at once: the end of a response is written only after its last byte was observed.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> retains the latest read; {@link #release} releases
 * it. <b>Allocation per event:</b> none.
 */
public final class BodyObserver {
    private final Tools tools;
    private final ContentDecoder decoder; // null unless the body is coded and observed
    private final DocumentObserver document;
    private final boolean isCoded;
    private final boolean hasTerminal;
    private ResponseObserver events;
    private StreamStart start; // null once it is known whether the body is an event stream
    private boolean isFirstSeen;
    private boolean hasGivenUp;

    private ByteBuf unseen;
    private int unseenFrom;
    private int unseenTo;
    /** The runs of a read that has several; created when first needed and then reused. */
    private BodyRuns unseenRuns;
    private boolean hasUnseenRuns;
    private boolean areMessages;
    private boolean isMessageBegun;
    private boolean isMessageEnded;
    private long unseenAtNanos;
    private long bodyBytes;
    private long eventsBefore;
    private long firstEventNanos;
    private long lastEventNanos;

    /**
     * @param head        the upstream's head; its media type decides how the body is observed
     * @param hasTerminal whether an event stream of this operation ends with a terminal event
     * @param isAsked     whether the request asked for an event stream, so that a body without a label may be one
     * @param maxBytes    the limit of a coded body, both as received and decoded; beyond it the body is not observed
     * @param tools       shared by the loop
     */
    public BodyObserver(ResponseHead head, boolean hasTerminal, boolean isAsked, long maxBytes, Tools tools) {
        this.tools = tools;
        this.hasTerminal = hasTerminal;
        isCoded = !ContentDecoder.named(head.headers()).isEmpty();
        decoder = isCoded && head.isSuccess() ? decoderOf(head, maxBytes) : null;
        boolean isObserved = head.isSuccess() && (!isCoded || decoder != null);
        String type = mediaType(head.headers().get("content-type"));
        boolean isJson = type.equals("application/json") || type.endsWith("+json");
        boolean isStream = type.equals("text/event-stream");
        boolean mayBeStream = isAsked && !isStream && !isJson && !type.equals("text/html")
                && !type.equals("application/xhtml+xml");
        start = isObserved && mayBeStream ? new StreamStart() : null;
        events = isObserved && (isStream || mayBeStream) ? new ResponseObserver(tools.scanners) : null;
        document = isObserved && isJson ? new DocumentObserver(tools.scanners) : null;
    }

    private static ContentDecoder decoderOf(ResponseHead head, long maxBytes) {
        try {
            return ContentDecoder.of(head.headers(), maxBytes);
        } catch (RelayException unknown) {
            return null; // the content stays unknown, and the framing alone marks the end
        }
    }

    private static String mediaType(String contentType) {
        if (contentType == null) {
            return "";
        }
        int parameters = contentType.indexOf(';');
        return (parameters < 0 ? contentType : contentType.substring(0, parameters)).trim().toLowerCase(Locale.ROOT);
    }

    /** {@return whether the first bytes are needed to decide if the body is an event stream} */
    public boolean isUndecided() {
        return start != null;
    }

    /** Decides by the first piece, which is added after that, whether the body is an event stream; borrows it. */
    void decideBy(BodyPiece first) {
        decide(first);
        isFirstSeen = true;
    }

    private void decide(BodyPiece piece) {
        BodyRuns runs = piece.runs();
        for (int i = 0; i < runs.count() && start != null; i++) {
            decide(piece.bytes(), runs.start(i), runs.end(i));
        }
    }

    private void decide(ByteBuf bytes, int from, int to) {
        if (decoder != null) {
            return; // decided behind the decoder
        }
        StreamStart asked = start;
        for (int i = from; i < to && asked.answer() == StreamStart.Answer.UNKNOWN; i++) {
            asked.add(bytes.getByte(i));
        }
        onDecided();
    }

    private void onDecided() {
        if (start.answer() == StreamStart.Answer.NO) {
            events.release();
            events = null;
        }
        if (start.answer() != StreamStart.Answer.UNKNOWN) {
            start = null;
        }
    }

    /** {@return whether the body is an event stream that is observed, or may still turn out to be one} */
    public boolean isEventStream() {
        return events != null;
    }

    /** {@return whether the body is a JSON document that is observed} */
    public boolean isDocument() {
        return document != null;
    }

    /**
     * Counts one read and keeps it, to be observed later.
     *
     * @param piece    borrowed; its buffer is retained
     * @param nowNanos the clock's time
     */
    public void add(BodyPiece piece, long nowNanos) {
        observe();
        if (start != null && !isFirstSeen) {
            decide(piece);
        }
        isFirstSeen = false;
        unseenAtNanos = nowNanos;
        areMessages = piece.isMessages();
        isMessageBegun = piece.isMessageBegun();
        isMessageEnded = piece.isMessageEnded();
        BodyRuns runs = piece.runs();
        hasUnseenRuns = runs.count() != 1;
        if (hasUnseenRuns) {
            copy(runs);
        } else {
            unseenFrom = runs.start(0);
            unseenTo = runs.end(0);
            bodyBytes += unseenTo - unseenFrom;
        }
        unseen = piece.bytes().retain();
    }

    private void copy(BodyRuns runs) {
        if (unseenRuns == null) {
            unseenRuns = new BodyRuns();
        }
        unseenRuns.clear();
        for (int i = 0; i < runs.count(); i++) {
            unseenRuns.add(runs.start(i), runs.end(i));
        }
        bodyBytes += runs.totalBytes();
    }

    /** {@return whether a read waits to be observed} */
    public boolean hasUnseen() {
        return unseen != null;
    }

    /** Records that the latest read was flushed, then observes it. */
    public void observeFlushed() {
        tools.timings.onAdded(tools.clock.getAsLong() - unseenAtNanos);
        observe();
    }

    /** Observes the latest read, unless that was done already. */
    public void observe() {
        if (unseen == null) {
            return;
        }
        ByteBuf seen = unseen;
        unseen = null;
        try {
            if (decoder != null) {
                observeCoded(seen);
            } else if (events != null) {
                observeEvents(seen);
            } else if (document != null) {
                observeDocument(seen);
            }
            if (events != null) {
                countEvents(unseenAtNanos);
            }
        } finally {
            seen.release();
        }
    }

    private void observeEvents(ByteBuf seen) {
        if (areMessages) {
            observeMessages(seen);
        } else if (hasUnseenRuns) {
            events.observe(seen, unseenRuns, tools.scratch);
        } else {
            events.observe(seen, unseenFrom, unseenTo, tools.scratch);
        }
    }

    private void observeMessages(ByteBuf seen) {
        if (!hasUnseenRuns) {
            events.observeMessage(seen, unseenFrom, unseenTo, isMessageBegun, isMessageEnded, tools.scratch);
            return;
        }
        int last = unseenRuns.count() - 1;
        for (int i = 0; i <= last; i++) {
            events.observeMessage(seen, unseenRuns.start(i), unseenRuns.end(i), i > 0 || isMessageBegun,
                    i < last || isMessageEnded, tools.scratch);
        }
    }

    /** Observes a coded body behind a bounded decoder. One that cannot be decoded is not observed any further. */
    private void observeCoded(ByteBuf seen) {
        if (hasGivenUp) {
            return;
        }
        try {
            if (hasUnseenRuns) {
                for (int i = 0; i < unseenRuns.count(); i++) {
                    decode(seen, unseenRuns.start(i), unseenRuns.end(i));
                }
            } else {
                decode(seen, unseenFrom, unseenTo);
            }
        } catch (RelayException notDecodable) {
            hasGivenUp = true;
        }
    }

    private void decode(ByteBuf seen, int from, int to) {
        decoder.decode(seen.retainedSlice(from, to - from), decoded -> {
            try {
                observeDecoded(decoded);
            } finally {
                decoded.release();
            }
        });
    }

    private void observeDecoded(ByteBuf decoded) {
        int from = decoded.readerIndex();
        int to = decoded.writerIndex();
        for (int i = from; i < to && start != null && start.answer() == StreamStart.Answer.UNKNOWN; i++) {
            start.add(decoded.getByte(i));
        }
        if (start != null) {
            onDecided();
        }
        if (events != null) {
            events.observe(decoded, from, to, tools.scratch);
        } else if (document != null) {
            tools.single.clear();
            tools.single.add(from, to);
            document.observe(decoded, tools.single, tools.scratch);
        }
    }

    private void observeDocument(ByteBuf seen) {
        if (!hasUnseenRuns) {
            tools.single.clear();
            tools.single.add(unseenFrom, unseenTo);
        }
        document.observe(seen, hasUnseenRuns ? unseenRuns : tools.single, tools.scratch);
    }

    private void countEvents(long nowNanos) {
        long count = events.events() - eventsBefore;
        if (count == 0) {
            return;
        }
        if (eventsBefore == 0) {
            firstEventNanos = nowNanos;
            tools.timings.onEvents(0, count - 1);
        } else {
            tools.timings.onEvents(nowNanos - lastEventNanos, count);
        }
        lastEventNanos = nowNanos;
        eventsBefore += count;
    }

    /** Observes the rest and marks the end of the body. */
    public void end() {
        observe();
        if (start != null) { // too short to be known as an event stream
            events.release();
            events = null;
            start = null;
        }
        if (events != null) {
            events.end();
            countEvents(lastEventNanos);
        }
    }

    /**
     * Returns whether the end of the body is the end of the response, if nothing but the framing marks it.
     *
     * @param isByClose whether only the close of the connection marked the end
     * @return whether nothing is missing
     */
    public boolean isComplete(boolean isByClose) {
        if (events != null) {
            boolean isUnknown = hasGivenUp || events.hasGivenUp();
            return !hasTerminal || events.terminal() != null || isUnknown && !isByClose;
        }
        if (!isByClose) {
            return true;
        }
        // The content of a coded body that cannot be decoded is unknown.
        return document != null && !hasGivenUp ? document.isComplete() : !isCoded;
    }

    /** {@return whether the terminal event of the stream was observed} */
    public boolean isTerminalSeen() {
        return events != null && events.terminal() != null;
    }

    /** {@return how an exchange ends whose whole response was handed to the downstream} */
    public ExchangeEnd wholeEnd() {
        boolean hasFailed = events != null ? events.hasFailed() : document != null && document.hasFailed();
        return hasFailed ? ExchangeEnd.FAILED : ExchangeEnd.COMPLETED;
    }

    /** {@return the observer of the event stream, or null if the body is not an event stream} */
    public ResponseObserver events() {
        return events;
    }

    /** {@return the clock's time at the first complete event; 0 if there was none} */
    public long firstEventNanos() {
        return firstEventNanos;
    }

    /** {@return the number of complete events} */
    public long eventCount() {
        return events == null ? 0 : events.events();
    }

    /** {@return the number of body bytes} */
    public long bodyBytes() {
        return bodyBytes;
    }

    /** {@return the usage that the upstream reported, or null if it is unknown} */
    public Usage usage() {
        return events != null ? events.usage() : document != null ? document.usage() : null;
    }

    /** {@return the response's id, or null if it is unknown} */
    public String responseId() {
        return events != null ? events.responseId() : document != null ? document.responseId() : null;
    }

    /** {@return the status inside the response, or null if it is unknown} */
    public String responseStatus() {
        return events != null ? events.responseStatus() : document != null ? document.responseStatus() : null;
    }

    /** {@return the model that the response names, or null if it is unknown} */
    public String responseModel() {
        return events != null ? events.responseModel() : document != null ? document.responseModel() : null;
    }

    /** {@return the service tier that the response names, or null if it is unknown} */
    public String serviceTier() {
        return events != null ? events.serviceTier() : document != null ? document.serviceTier() : null;
    }

    /** {@return the response's error code, or null if there is none} */
    public String errorCode() {
        return events != null ? events.errorCode() : document != null ? document.errorCode() : null;
    }

    /** Releases the latest read and the scanners; the observed values stay available. Idempotent. */
    public void release() {
        if (decoder != null) {
            decoder.release();
        }
        if (unseen != null) {
            unseen.release();
            unseen = null;
        }
        if (events != null) {
            events.release();
        } else if (document != null) {
            document.release();
        }
    }

    /** The tools that all observers of one event loop share. */
    public static final class Tools {
        private final RelayTimings timings;
        private final LongSupplier clock;
        private final byte[] scratch;
        private final ScannerPool scanners;
        private final BodyRuns single = new BodyRuns();

        /**
         * @param timings  records the times
         * @param clock    nanoseconds
         * @param scratch  an array that no other thread uses; its size is the step in which bytes are copied and
         *                 scanned
         * @param scanners the loop's scanners
         */
        public Tools(RelayTimings timings, LongSupplier clock, byte[] scratch, ScannerPool scanners) {
            this.timings = timings;
            this.clock = clock;
            this.scratch = scratch;
            this.scanners = scanners;
        }

        /** {@return the clock's time in nanoseconds} */
        public long nanoTime() {
            return clock.getAsLong();
        }

        /** {@return the clock, in nanoseconds} */
        public LongSupplier clock() {
            return clock;
        }

        byte[] scratch() {
            return scratch;
        }
    }
}
