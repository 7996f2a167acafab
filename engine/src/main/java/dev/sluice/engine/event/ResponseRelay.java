// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.event;

import dev.sluice.engine.downstream.ResponseHead;
import dev.sluice.engine.downstream.ResponseWriter;
import dev.sluice.protocol.event.DocumentObserver;
import dev.sluice.protocol.event.ResponseObserver;
import dev.sluice.protocol.event.ScannerPool;
import dev.sluice.protocol.event.Usage;
import dev.sluice.protocol.framing.BodyRuns;
import dev.sluice.protocol.framing.TransferScanner;
import io.netty.buffer.ByteBuf;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Relays the body of one response: bytes leave first and are looked at after, so that looking costs no latency.
 *
 * <p>The read that was relayed last is kept until it was flushed, and observed then. Another read before that, or the
 * end of the body, has it observed earlier: the end goes out only after the observer has seen the last byte.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> takes reads; {@link #release} gives back the last.
 * <b>Allocation per event:</b> none.
 */
public final class ResponseRelay {
    private final RelayTimings timings;
    private final LongSupplier clock;
    private final byte[] scratch;
    private final ResponseObserver events;
    private final DocumentObserver document;
    private final boolean isCoded;
    private final BodyRuns unseenRuns = new BodyRuns();

    private ByteBuf unseen;
    private long unseenAtNanos;
    private long bodyBytes;
    private long eventsBefore;
    private long firstEventNanos;
    private long lastEventNanos;

    /**
     * @param head    the upstream's; its Content-Type decides what is observed
     * @param timings is told how long things take
     * @param clock   nanoseconds
     * @param scratch any array of this thread
     * @param scanners of this thread
     */
    public ResponseRelay(ResponseHead head, RelayTimings timings, LongSupplier clock, byte[] scratch,
            ScannerPool scanners) {
        this.timings = timings;
        this.clock = clock;
        this.scratch = scratch;
        String coding = head.headers().get("content-encoding");
        isCoded = coding != null && !coding.trim().equalsIgnoreCase("identity");
        boolean isSuccess = head.status().code() / 100 == 2 && !isCoded;
        String type = mediaType(head.headers().get("content-type"));
        events = isSuccess && type.equals("text/event-stream") ? new ResponseObserver(scanners) : null;
        document = isSuccess && (type.equals("application/json") || type.endsWith("+json"))
                ? new DocumentObserver(scanners) : null;
    }

    private static String mediaType(String contentType) {
        if (contentType == null) {
            return "";
        }
        int parameters = contentType.indexOf(';');
        return (parameters < 0 ? contentType : contentType.substring(0, parameters)).trim().toLowerCase(Locale.ROOT);
    }

    /** Returns whether the body is an event stream that is observed. */
    public boolean isEventStream() {
        return events != null;
    }

    /**
     * Relays one read.
     *
     * @param read   taken
     * @param frame  what the scan of it found
     * @param target where it goes; null to look at it only, for a downstream that has left
     * @param nowNanos the clock's time
     */
    public void relay(ByteBuf read, TransferScanner frame, ResponseWriter target, long nowNanos) {
        observeUnseen();
        unseenAtNanos = nowNanos;
        BodyRuns runs = frame.runs();
        bodyBytes += runs.totalBytes();
        unseenRuns.clear();
        for (int i = 0; i < runs.count(); i++) {
            unseenRuns.add(runs.start(i), runs.end(i));
        }
        unseen = read.retain();
        if (target == null) {
            read.release();
        } else {
            target.relay(read, frame);
        }
    }

    /** Sends what was relayed, then looks at it. */
    public void flush(ResponseWriter target) {
        if (unseen == null) {
            return;
        }
        if (target != null) {
            target.flush();
            timings.onAdded(clock.getAsLong() - unseenAtNanos);
        }
        observeUnseen();
    }

    /** Looks at everything there is and says that no more will come; nothing is sent. */
    public void endOfBody() {
        observeUnseen();
        if (events != null) {
            events.end();
            countEvents(lastEventNanos);
        }
    }

    private void observeUnseen() {
        if (unseen == null) {
            return;
        }
        ByteBuf seen = unseen;
        unseen = null;
        try {
            if (events != null) {
                events.observe(seen, unseenRuns, scratch);
                countEvents(unseenAtNanos);
            } else if (document != null) {
                document.observe(seen, unseenRuns, scratch);
            }
        } finally {
            seen.release();
        }
    }

    private void countEvents(long nowNanos) {
        long count = events.events() - eventsBefore;
        if (count == 0) {
            return;
        }
        if (eventsBefore == 0) {
            firstEventNanos = nowNanos;
            timings.onEvents(0, count - 1);
        } else {
            timings.onEvents(nowNanos - lastEventNanos, count);
        }
        lastEventNanos = nowNanos;
        eventsBefore += count;
    }

    /** Returns whether the end of the body, when nothing but its framing says so, is the end of the answer. */
    public boolean isComplete(boolean isByClose) {
        if (events != null) {
            return events.terminal() != null || events.hasGivenUp() && !isByClose;
        }
        if (!isByClose) {
            return true;
        }
        return document != null ? document.isComplete() : !isCoded; // what is coded cannot be looked into
    }

    /** Returns whether the stream has had its terminal event. */
    public boolean isTerminalSeen() {
        return events != null && events.terminal() != null;
    }

    /** Returns the observer of the stream, or null where the body is none. */
    public ResponseObserver observer() {
        return events;
    }

    /** Returns when the first event was complete, in the clock's time; 0 where none was. */
    public long firstEventNanos() {
        return firstEventNanos;
    }

    /** Returns how many events were complete. */
    public long events() {
        return events == null ? 0 : events.events();
    }

    /** Returns how many bytes of body were relayed. */
    public long bodyBytes() {
        return bodyBytes;
    }

    /** Returns the usage that the upstream told, or null where unknown. */
    public Usage usage() {
        return events != null ? events.usage() : document != null ? document.usage() : null;
    }

    /** Returns the response's id, or null where unknown. */
    public String responseId() {
        return events != null ? events.responseId() : document != null ? document.responseId() : null;
    }

    /** Returns how the response says it ended, or null where unknown. */
    public String responseStatus() {
        return events != null ? events.responseStatus() : document != null ? document.responseStatus() : null;
    }

    /** Returns the response's error code, or null where there is none. */
    public String errorCode() {
        return events != null ? events.errorCode() : document != null ? document.errorCode() : null;
    }

    /** Releases what is kept; idempotent. */
    public void release() {
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
}
