// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.event;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.stream.Stream;

/**
 * An incremental scanner that finds the events of an event stream (WHATWG HTML section 9.2.5, "Parsing an event
 * stream"). The stream may be split at any byte and may use any of the three line ends. The scanner reads each byte
 * once and keeps none of them, except those of a field name or an event name.
 *
 * <p>An event is skipped if its type is {@link EventType#PART}. The first 20 bytes of an {@code event:} line, or the
 * first 28 bytes of a {@code data:} line with a leading {@code "type"}, are enough to decide that. The data of every
 * other event is offered to the listener, so that correctness does not depend on this shortcut.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Allocation:</b> none.
 */
final class EventScanner {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static final long EVENT_R = longOf("event: r");
    private static final long ESPONSE = longOf("esponse.");
    private static final long DATA_BRACE = longOf("data: {\"");
    private static final long TYPE_QUOTE = longOf("type\":\"r");
    private static final int DATA = intOf("data");
    private static final int[] PARTS = Stream.of(EventType.parts()).mapToInt(EventScanner::intOf).toArray();
    private static final int MAX_NAME_BYTES = 64;

    private static final int LINE_START = 0;
    private static final int FIELD = 1;
    private static final int NAME_SPACE = 2;
    private static final int NAME = 3;
    private static final int DATA_SPACE = 4;
    private static final int OFFERED = 5;
    private static final int SKIPPED = 6;

    private final EventListener listener;
    private final boolean offersAll;
    private final byte[] name = new byte[MAX_NAME_BYTES];

    private int state = LINE_START;
    private int nameBytes;
    private EventType nameType = EventType.OTHER;
    private boolean isIgnored;
    private boolean isStarted;
    private boolean hasFields;
    private boolean wasOffered;
    private int dataLines;
    private boolean isLfPending;
    private String lineEnd = "\n";
    private long events;

    EventScanner(EventListener listener) {
        this(listener, false);
    }

    /**
     * Creates a scanner.
     *
     * @param offersAll whether the shortcut is disabled, so that the data of every event is offered
     */
    EventScanner(EventListener listener, boolean offersAll) {
        this.listener = listener;
        this.offersAll = offersAll;
    }

    /** Returns the number of events with data that have ended. */
    long events() {
        return events;
    }

    /** Returns whether the scanned bytes end between two events. */
    boolean isAtEventBoundary() {
        return state == LINE_START && !hasFields;
    }

    /** Returns whether a line of an event with data has just ended, and the event's blank line has not arrived. */
    boolean isAtDataLineEnd() {
        return state == LINE_START && dataLines > 0;
    }

    /** Returns the most recent line end of the stream. */
    String lineEnd() {
        return lineEnd;
    }

    /** Returns whether an event with data has begun but not ended. */
    boolean isMidEvent() {
        return dataLines > 0;
    }

    /** Scans the next bytes of the stream, {@code bytes[from, to)}. Borrows the array. */
    void scan(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to) {
            i = switch (state) {
                case LINE_START -> onLineStart(bytes, i, to);
                case FIELD -> onField(bytes, i, to);
                case NAME_SPACE, DATA_SPACE -> onSpace(bytes, i);
                case NAME -> onName(bytes, i, to);
                case OFFERED -> onOffered(bytes, i, to);
                default -> onSkipped(bytes, i, to);
            };
        }
    }

    private int onLineStart(byte[] bytes, int i, int to) {
        byte b = bytes[i];
        if (isLfPending) {
            isLfPending = false;
            if (b == '\n') {
                lineEnd = "\r\n";
                return i + 1;
            }
        }
        if (b == '\n' || b == '\r') {
            endLine(b);
            endEvent();
            return i + 1;
        }
        if (to - i >= 28 && !offersAll) {
            int skipped = skipByPrefix(bytes, i);
            if (skipped > 0) {
                return i + skipped;
            }
        }
        hasFields = true;
        nameBytes = 0;
        state = FIELD;
        return onField(bytes, i, to);
    }

    /** Returns the number of bytes skipped at the start of a line that cannot matter; 0 if the line must be read. */
    private int skipByPrefix(byte[] bytes, int i) {
        if (isIgnored) {
            if ((int) INTS.get(bytes, i) == DATA && bytes[i + 4] == ':') {
                startData();
                return 5;
            }
            return 0;
        }
        if (dataLines > 0 || nameType != EventType.OTHER) {
            return 0;
        }
        long first = (long) LONGS.get(bytes, i);
        if (first == EVENT_R && (long) LONGS.get(bytes, i + 8) == ESPONSE && cannotMatter(bytes, i + 16)) {
            hasFields = true;
            isIgnored = true;
            state = SKIPPED;
            return 16;
        }
        if (first == DATA_BRACE && (long) LONGS.get(bytes, i + 8) == TYPE_QUOTE
                && (long) LONGS.get(bytes, i + 16) == ESPONSE && cannotMatter(bytes, i + 24)) {
            hasFields = true;
            isIgnored = true;
            startData();
            return 24;
        }
        return 0;
    }

    private static boolean cannotMatter(byte[] bytes, int at) {
        int next = (int) INTS.get(bytes, at);
        for (int part : PARTS) {
            if (next == part) {
                return true;
            }
        }
        return false;
    }

    private void startData() {
        dataLines++;
        state = SKIPPED;
    }

    private int onField(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            byte b = bytes[i];
            if (b == ':') {
                startValue();
                return i + 1;
            }
            if (b == '\n' || b == '\r') {
                startValue(); // a line without a colon is a field with an empty value
                state = state == DATA_SPACE ? dataState() : state;
                endLine(b);
                return i + 1;
            }
            if (!isStarted && nameBytes < 3 && isBomByte(b, nameBytes)) {
                skipBomByte();
                continue;
            }
            if (nameBytes == MAX_NAME_BYTES) {
                    state = SKIPPED;
                return i;
            }
            name[nameBytes++] = b;
        }
        return to;
    }

    private static boolean isBomByte(byte b, int at) {
        return b == (byte) (at == 0 ? 0xef : at == 1 ? 0xbb : 0xbf);
    }

    /**
     * Skips one byte of the byte order mark, which may precede the first line but is not part of it. The first two
     * bytes count as name bytes until the third one removes them.
     */
    private void skipBomByte() {
        name[nameBytes++] = 0;
        if (nameBytes == 3) {
            nameBytes = 0;
            isStarted = true;
        }
    }

    private void startValue() {
        isStarted = true;
        if (isField("data")) {
            state = DATA_SPACE;
        } else if (isField("event")) {
            nameBytes = 0;
            state = NAME_SPACE;
        } else {
            state = SKIPPED;
        }
    }

    private boolean isField(String field) {
        if (nameBytes != field.length()) {
            return false;
        }
        for (int i = 0; i < nameBytes; i++) {
            if (name[i] != field.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Skips one space after the colon, which belongs to neither the name nor the value (a WHATWG rule). */
    private int onSpace(byte[] bytes, int i) {
        int next = bytes[i] == ' ' ? i + 1 : i;
        state = state == NAME_SPACE ? NAME : dataState();
        return next;
    }

    private int dataState() {
        boolean isFirst = dataLines++ == 0;
        if (isIgnored) {
            return SKIPPED;
        }
        wasOffered = true;
        listener.onDataLine(nameType, isFirst);
        return OFFERED;
    }

    private int onName(byte[] bytes, int from, int to) {
        int end = LineEnds.find(bytes, from, to);
        for (int i = from; i < end && nameBytes < MAX_NAME_BYTES; i++) {
            name[nameBytes++] = bytes[i];
        }
        if (end == to) {
            return to;
        }
        nameType = EventType.of(name, 0, nameBytes);
        isIgnored = !offersAll && nameType == EventType.PART;
        endLine(bytes[end]);
        return end + 1;
    }

    private int onOffered(byte[] bytes, int from, int to) {
        int end = LineEnds.find(bytes, from, to);
        if (end > from) {
            if (!listener.onData(bytes, from, end)) {
                isIgnored = true;
                state = SKIPPED;
            }
        }
        if (end == to) {
            return to;
        }
        endLine(bytes[end]);
        return end + 1;
    }

    private int onSkipped(byte[] bytes, int from, int to) {
        int end = LineEnds.find(bytes, from, to);
        if (end == to) {
            return to;
        }
        endLine(bytes[end]);
        return end + 1;
    }

    private void endLine(byte terminator) {
        isLfPending = terminator == '\r';
        if (terminator == '\n') {
            lineEnd = "\n";
        } else if (!lineEnd.equals("\r\n")) {
            lineEnd = "\r"; // or the first half of CR LF, in which case the next byte is a line feed
        }
        state = LINE_START;
    }

    private void endEvent() {
        if (dataLines > 0) {
            events++;
            listener.onEvent(wasOffered);
        }
        hasFields = false;
        isIgnored = false;
        wasOffered = false;
        dataLines = 0;
        nameType = EventType.OTHER;
    }

    private static long longOf(String text) {
        return (long) LONGS.get(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0);
    }

    private static int intOf(String text) {
        return (int) INTS.get(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0);
    }
}
