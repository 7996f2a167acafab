// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import dev.sluice.protocol.framing.BodyRuns;
import dev.sluice.protocol.json.JsonException;
import dev.sluice.protocol.json.JsonScanner;
import io.netty.buffer.ByteBuf;

/**
 * Looks at an event stream after it was relayed and keeps what a relay must know of it: how many events, the response's
 * id and model, its terminal state, usage, and the sequence number an added event would have.
 *
 * <p>Events of any size are looked at as they stream past; only single values are kept, each under a cap. If an event
 * that may have been terminal cannot be understood, observing is given up: the relaying is none of its business.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> borrows what it is shown.
 * <b>Allocation per event:</b> none, but for {@code response.created}, {@code error} and terminal events.
 */
public final class ResponseObserver implements EventListener {
    private static final byte[] LINE_FEED = {'\n'};

    private final ResponseFacts facts = ResponseFacts.ofEvent();
    private final EventScanner scanner = new EventScanner(this);
    private final ScannerPool pool;
    private JsonScanner json;

    private EventType nameType = EventType.OTHER;
    private boolean isJson;
    private boolean isStart;
    private boolean isObject;
    private boolean hasGivenUp;
    private boolean isBlankLineMissing;
    private EventType terminal;
    private Usage usage;
    private String responseId;
    private String responseModel;
    private String responseStatus;
    private String errorCode;
    private long lastSequence = -1;
    private long eventsSince;

    /** Creates an observer of one event stream. */
    public ResponseObserver() {
        this(new ScannerPool());
    }

    /**
     * Creates an observer of one event stream.
     *
     * @param pool where {@link #release} gives back what it needs
     */
    public ResponseObserver(ScannerPool pool) {
        this.pool = pool;
    }

    /** Gives back what it needs to look at more; what it knows stays. Idempotent. */
    public void release() {
        if (json != null) {
            pool.giveBack(json, true);
            json = null;
            isJson = false;
        }
    }

    /**
     * Looks at the body bytes of one received buffer.
     *
     * @param bytes   borrowed; indices do not change
     * @param runs    where the body's bytes lie in it
     * @param scratch any array, may be shared by all observers of one thread; its size is the step of the copy
     */
    public void observe(ByteBuf bytes, BodyRuns runs, byte[] scratch) {
        for (int i = 0; i < runs.count(); i++) {
            observe(bytes, runs.start(i), runs.end(i), scratch);
        }
    }

    /**
     * Looks at one run of body bytes.
     *
     * @param bytes   borrowed; indices do not change
     * @param from    the index of the first byte
     * @param to      the index after the last byte
     * @param scratch any array, as above
     */
    public void observe(ByteBuf bytes, int from, int to, byte[] scratch) {
        if (bytes.hasArray()) {
            scanner.scan(bytes.array(), bytes.arrayOffset() + from, bytes.arrayOffset() + to);
            return;
        }
        for (int i = from; i < to; i += scratch.length) {
            int step = Math.min(scratch.length, to - i);
            bytes.getBytes(i, scratch, 0, step);
            scanner.scan(scratch, 0, step);
        }
    }

    /** Says that the body has ended, cleanly or not: a last event without its blank line is looked at now. */
    public void end() {
        if (!scanner.isMidEvent() || !isJson) {
            return;
        }
        if (json.isComplete()) {
            onEvent(true);
            isBlankLineMissing = scanner.isAtDataLineEnd();
        } else if (currentType().isTerminal()) {
            keep(currentType(), false);
        }
    }

    @Override
    public void onDataLine(EventType type, boolean isFirst) {
        if (!isFirst) {
            feed(LINE_FEED, 0, 1);
            return;
        }
        nameType = type;
        facts.clear();
        isJson = true;
        isStart = true;
        isObject = false;
        if (json == null) {
            json = pool.take(facts, true);
        }
        json.reset(facts);
    }

    @Override
    public boolean onData(byte[] bytes, int from, int to) {
        if (isStart) {
            isStart = false;
            isObject = bytes[from] == '{';
        }
        feed(bytes, from, to);
        boolean isOther = facts.isTypeKnown() && facts.eventType() == EventType.OTHER;
        return isJson && !(isOther && facts.sequenceNumber() >= 0);
    }

    private void feed(byte[] bytes, int from, int to) {
        if (!isJson) {
            return;
        }
        try {
            json.feed(bytes, from, to);
        } catch (JsonException e) {
            isJson = false;
            hasGivenUp |= mayBeTerminal();
        }
    }

    /** Whether an event that broke off may have been the last: by its type, or as an object that did not tell one. */
    private boolean mayBeTerminal() {
        return currentType().isTerminal() || currentType() == EventType.OTHER && !facts.isTypeKnown()
                && isObject;
    }

    private EventType currentType() {
        return facts.isTypeKnown() ? facts.eventType() : nameType;
    }

    @Override
    public void onEvent(boolean wasOffered) {
        if (!wasOffered) {
            eventsSince++;
            return;
        }
        EventType type = currentType();
        if (isJson && type != EventType.OTHER) {
            if (json.isComplete()) {
                keep(type, true);
            } else {
                hasGivenUp |= type.isTerminal();
            }
        }
        if (facts.sequenceNumber() >= 0) {
            lastSequence = facts.sequenceNumber();
            eventsSince = 0;
        } else if (isJson) {
            eventsSince++;
        }
        release(); // a stream may say nothing for long
    }

    private void keep(EventType type, boolean isWhole) {
        if (facts.responseId() != null) {
            responseId = facts.responseId();
        }
        if (facts.responseModel() != null) {
            responseModel = facts.responseModel();
        }
        if (!type.isTerminal() || terminal != null) {
            return;
        }
        if (facts.usage() != null) {
            usage = isWhole ? facts.usage() : facts.usage().truncated();
        }
        errorCode = facts.error();
        responseStatus = facts.responseStatus();
        terminal = isWhole ? type : null;
    }

    /** Returns how many events with data have ended. */
    public long events() {
        return scanner.events();
    }

    /** Returns the first terminal event's type, or null where none has come. */
    public EventType terminal() {
        return terminal;
    }

    /** Returns whether an event could not be understood that may have been terminal. */
    public boolean hasGivenUp() {
        return hasGivenUp;
    }

    /** Returns what the terminal event told, or null where unknown. */
    public Usage usage() {
        return usage;
    }

    /** Returns the response's id, or null where unknown. */
    public String responseId() {
        return responseId;
    }

    /** Returns the response's model, or null where unknown. */
    public String responseModel() {
        return responseModel;
    }

    /** Returns {@code response.status} of the terminal event, or null. */
    public String responseStatus() {
        return responseStatus;
    }

    /** Returns the error code of a terminal event that has one, or null. */
    public String errorCode() {
        return errorCode;
    }

    /** Returns the number that the next event would have, or -1 where none was ever told. */
    public long nextSequenceNumber() {
        return lastSequence < 0 ? -1 : lastSequence + eventsSince + 1;
    }

    /** Returns whether the stream stands between two events. */
    public boolean isAtEventBoundary() {
        return scanner.isAtEventBoundary();
    }

    /** Returns whether, at the end of the body, only the blank line is missing after an event with complete JSON. */
    public boolean isBlankLineMissing() {
        return isBlankLineMissing;
    }

    /** Returns the line end that the stream used last. */
    public String lineEnd() {
        return scanner.lineEnd();
    }
}
