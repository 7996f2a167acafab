// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import dev.sluice.protocol.framing.BodyRuns;
import dev.sluice.protocol.json.JsonException;
import dev.sluice.protocol.json.JsonScanner;
import io.netty.buffer.ByteBuf;

/**
 * An observer of an event stream. It reads the bytes after they were relayed and keeps the facts that a relay needs:
 * the number of events, the response's id and model, its terminal state, its usage, and the sequence number that an
 * added event would have.
 *
 * <p>Events of any size are observed as they stream past. Only single values are kept, each up to a cap. If an event
 * that may have been terminal cannot be parsed, the observer gives up. Relaying is not affected.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> borrows the observed buffers.
 * <b>Allocation per event:</b> none, except for {@code response.created}, {@code error} and terminal events.
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
    private String serviceTier;
    private String errorCode;
    private long lastSequence = -1;
    private long eventsSince;
    private long messages;
    private boolean isInMessage;
    private boolean isOffered;
    private boolean isDataNeeded;

    /** Creates an observer of one event stream, with a pool of its own. */
    public ResponseObserver() {
        this(new ScannerPool());
    }

    /**
     * Creates an observer of one event stream.
     *
     * @param pool the pool from which scanners are taken and to which {@link #release} returns them
     */
    public ResponseObserver(ScannerPool pool) {
        this.pool = pool;
    }

    /** Returns the scanner to the pool and stops parsing the current event. The facts are kept. Idempotent. */
    public void release() {
        if (json != null) {
            pool.giveBack(json, true);
            json = null;
            isJson = false;
        }
    }

    /**
     * Observes the body bytes of one received buffer.
     *
     * @param bytes   borrowed; its indices do not change
     * @param runs    the ranges of the body's bytes in the buffer
     * @param scratch a work array of at least 1 byte; may be shared by all observers of one thread. Its length is the
     *                number of bytes copied per step
     */
    @SuppressWarnings("exports") // for the engine
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

    /**
     * Observes bytes of one message: an event that arrives as its data alone, as on a WebSocket. A stream is observed
     * either through this method or through the others.
     *
     * @param bytes   borrowed; its indices do not change
     * @param from    the index of the first byte
     * @param to      the index after the last byte
     * @param isBegin whether the bytes begin the message
     * @param isEnd   whether the bytes end the message
     * @param scratch a work array of at least 1 byte, as above
     */
    public void observeMessage(ByteBuf bytes, int from, int to, boolean isBegin, boolean isEnd, byte[] scratch) {
        if (isBegin) {
            isOffered = !MessagePrefix.isPart(bytes, from, to);
            isDataNeeded = isOffered;
            isInMessage = true;
            if (isOffered) {
                onDataLine(EventType.OTHER, true);
            }
        }
        for (int i = from; isDataNeeded && i < to; i += scratch.length) {
            int step = Math.min(scratch.length, to - i);
            bytes.getBytes(i, scratch, 0, step);
            isDataNeeded = onData(scratch, 0, step);
        }
        if (isEnd) {
            messages++;
            isInMessage = false;
            onEvent(isOffered);
        }
    }

    /** Marks the body as ended, cleanly or not. A last event without its blank line is evaluated now. */
    public void end() {
        if (!scanner.isMidEvent() || !isJson) {
            return;
        }
        if (json.isComplete()) {
            onEvent(true);
            isBlankLineMissing = scanner.isAtDataLineEnd();
        } else {
            keep(verdict(), false);
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
        boolean isPart = facts.isTypeKnown() && facts.eventType() == EventType.PART;
        return isJson && !(isPart && facts.sequenceNumber() >= 0);
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
            keep(verdict(), false);
        }
    }

    /**
     * Returns whether an event that is not valid JSON may have been terminal: its type is terminal, or it is an object
     * whose type is unknown.
     */
    private boolean mayBeTerminal() {
        return currentType().isTerminal() || currentType() == EventType.OTHER && !facts.isTypeKnown()
                && isObject;
    }

    /**
     * Returns what the event is: terminal if the response in it has a final status, whatever the event is called, or if
     * it is an error without a type.
     */
    private EventType verdict() {
        EventType type = currentType();
        if (type.isTerminal() || type == EventType.PART) {
            return type;
        }
        EventType byStatus = EventType.ofStatus(facts.responseStatus());
        if (byStatus != EventType.OTHER) {
            return byStatus;
        }
        return type == EventType.OTHER && !facts.isTypeKnown() && facts.hasError() ? EventType.ERROR : type;
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
        EventType type = verdict();
        if (isJson && type != EventType.PART) {
            if (json.isComplete()) {
                keep(type, true);
            } else {
                hasGivenUp |= type.isTerminal();
                keep(type, false);
            }
        }
        if (facts.sequenceNumber() >= 0) {
            lastSequence = facts.sequenceNumber();
            eventsSince = 0;
        } else if (isJson) {
            eventsSince++;
        }
        release(); // the next event may not arrive for a long time
    }

    private void keep(EventType type, boolean isWhole) {
        if (facts.responseId() != null) {
            responseId = facts.responseId();
        }
        if (facts.responseModel() != null) {
            responseModel = facts.responseModel();
        }
        if (terminal != null) {
            return;
        }
        if (facts.serviceTier() != null) {
            serviceTier = facts.serviceTier();
        }
        // Of an event that was cut short, the end may have lacked what would make it terminal.
        if (facts.usage() != null && (type.isTerminal() || !isWhole && type == EventType.OTHER)) {
            usage = isWhole ? facts.usage() : facts.usage().truncated();
        }
        if (!type.isTerminal()) {
            return;
        }
        errorCode = facts.error();
        responseStatus = facts.responseStatus();
        terminal = isWhole ? type : null;
    }

    /** {@return the number of events with data that have ended} */
    public long events() {
        return scanner.events() + messages;
    }

    /** {@return the type of the first complete terminal event, or null if there is none} */
    public EventType terminal() {
        return terminal;
    }

    /** {@return whether the stream has ended with a failure: an {@code error} event, or a response that has failed} */
    public boolean hasFailed() {
        return terminal == EventType.FAILED || terminal == EventType.ERROR
                || terminal != null && "failed".equals(responseStatus);
    }

    /** {@return whether an event that may have been terminal could not be parsed} */
    public boolean hasGivenUp() {
        return hasGivenUp;
    }

    /** {@return the usage of the terminal event, marked as truncated if the event was cut short; null if unknown} */
    public Usage usage() {
        return usage;
    }

    /** {@return the response's id, or null if unknown} */
    public String responseId() {
        return responseId;
    }

    /** {@return the response's model, or null if unknown} */
    public String responseModel() {
        return responseModel;
    }

    /** {@return {@code response.status} of the terminal event, or null if unknown} */
    public String responseStatus() {
        return responseStatus;
    }

    /** {@return the service tier that the response names, the one that served it if it has ended; null if unknown} */
    public String serviceTier() {
        return serviceTier;
    }

    /** {@return the error code of the terminal event, or null if it has none} */
    public String errorCode() {
        return errorCode;
    }

    /** {@return the sequence number that the next event would have; -1 if no event had a sequence number} */
    public long nextSequenceNumber() {
        return lastSequence < 0 ? -1 : lastSequence + eventsSince + 1;
    }

    /** {@return whether the observed bytes end between two events} */
    public boolean isAtEventBoundary() {
        return scanner.isAtEventBoundary() && !isInMessage;
    }

    /** {@return whether the body ended after an event with complete JSON that lacks only its blank line} */
    public boolean isBlankLineMissing() {
        return isBlankLineMissing;
    }

    /** {@return the most recent line end of the stream: LF, CR or CR LF} */
    public String lineEnd() {
        return scanner.lineEnd();
    }
}
