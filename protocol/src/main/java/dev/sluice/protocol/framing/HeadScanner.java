// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.framing;

import dev.sluice.protocol.framing.FramingException.Fault;
import io.netty.buffer.ByteBuf;

/**
 * An incremental scanner that finds the end of an HTTP/1.1 head in the received bytes, and checks every byte of it. A
 * head that it accepts can be split at its spaces, colons and line ends by any reader, with the same result: it refuses
 * folded lines, line ends other than CRLF, names that are not tokens, control characters, request-line separators other
 * than one space, and more than one {@code Host} (RFC 9112 sections 2.2, 3, 3.2 and 5).
 *
 * <p>The scanner can stop and resume at any byte. It keeps counts only, no bytes.
 *
 * <p><b>Threading:</b> confined to one event loop.
 *
 * <p><b>Ownership:</b> borrows the buffer.
 */
public final class HeadScanner {
    private static final String HOST = "host";
    private static final String VERSION_PREFIX = "HTTP/1.";
    /** A status line up to the end of its status: a 1 stands for 0 or 1, a 9 for any digit. */
    private static final String STATUS_LINE = "HTTP/1.1 999";

    private static final boolean[] IS_TOKEN_BYTE = tokenBytes();

    private final boolean isRequest;
    private final int maxStartLineBytes;
    private final int maxHeadBytes;

    private State state;
    private int headBytes;
    private int startLineBytes;
    private int separators;
    private boolean isAfterSeparator;
    private int versionBytes;
    private int nameBytes;
    private boolean isHostName;
    private int hosts;

    private HeadScanner(boolean isRequest, int maxStartLineBytes, int maxHeadBytes) {
        this.isRequest = isRequest;
        this.maxStartLineBytes = maxStartLineBytes;
        this.maxHeadBytes = maxHeadBytes;
        reset();
    }

    /**
     * Creates a scanner of request heads.
     *
     * @param maxStartLineBytes the longest request line, in bytes, without its CRLF
     * @param maxHeadBytes      the longest head, in bytes, request line included
     * @return the scanner, ready for the first head
     */
    public static HeadScanner ofRequests(int maxStartLineBytes, int maxHeadBytes) {
        return new HeadScanner(true, maxStartLineBytes, maxHeadBytes);
    }

    /**
     * Creates a scanner of response heads.
     *
     * @param maxStartLineBytes the longest status line, in bytes, without its CRLF
     * @param maxHeadBytes      the longest head, in bytes, status line included
     * @return the scanner, ready for the first head
     */
    public static HeadScanner ofResponses(int maxStartLineBytes, int maxHeadBytes) {
        return new HeadScanner(false, maxStartLineBytes, maxHeadBytes);
    }

    /** Prepares the scanner for the next head. */
    public void reset() {
        state = State.START;
        headBytes = 0;
        startLineBytes = 0;
        separators = 0;
        isAfterSeparator = true;
        versionBytes = 0;
        hosts = 0;
    }

    /** {@return whether a head has begun but is not complete, so that an end of input now would truncate it} */
    public boolean isMidHead() {
        return headBytes > 0 && state != State.DONE;
    }

    /**
     * Scans the next bytes of the head.
     *
     * @param bytes borrowed; its indices do not change
     * @param from  the index of the first byte to scan
     * @param to    the index after the last byte to scan
     * @return the index after the head's last byte; -1 if the head continues after {@code to}
     * @throws FramingException      if the head is malformed, ambiguous or over a limit
     * @throws IllegalStateException if the head is already complete and {@link #reset} was not called
     */
    public int scan(ByteBuf bytes, int from, int to) {
        int i = from;
        while (i < to) {
            // Most bytes of a head belong to values and names, which are scanned without a state change per byte.
            if (state == State.VALUE || state == State.NAME && nameBytes > HOST.length()) {
                int limit = Math.min(to, i + maxHeadBytes - headBytes);
                int end = state == State.VALUE ? endOfText(bytes, i, limit) : endOfToken(bytes, i, limit);
                headBytes += end - i;
                i = end;
                if (i == to) {
                    return -1;
                }
            }
            if (++headBytes > maxHeadBytes) {
                throw new FramingException(Fault.HEAD_TOO_LARGE,
                        "head: over " + maxHeadBytes + " bytes (expected: at most that)");
            }
            if (accept(bytes.getByte(i) & 0xff)) {
                return i + 1;
            }
            i++;
        }
        return -1;
    }

    private static int endOfText(ByteBuf bytes, int from, int to) {
        int i = from;
        while (i < to && isText(bytes.getByte(i) & 0xff)) {
            i++;
        }
        return i;
    }

    private static int endOfToken(ByteBuf bytes, int from, int to) {
        int i = from;
        while (i < to && IS_TOKEN_BYTE[bytes.getByte(i) & 0xff]) {
            i++;
        }
        return i;
    }

    private static boolean isText(int b) {
        return b >= 0x20 && b != 0x7f || b == '\t';
    }

    private boolean accept(int b) {
        switch (state) {
            case START -> onStart(b);
            case LEADING_LF -> {
                require(b == '\n', "a bare CR before the start line");
                state = State.START_LINE;
            }
            case START_LINE -> onStartLine(b);
            case START_LINE_LF, VALUE_LF -> {
                require(b == '\n', "a bare CR in the head");
                state = State.LINE_START;
            }
            case LINE_START -> onLineStart(b);
            case NAME -> onName(b);
            case VALUE -> onValue(b);
            case END_LF -> {
                require(b == '\n', "a bare CR in the head");
                require(!isRequest || hosts <= 1, "more than one Host header");
                state = State.DONE;
                return true;
            }
            case DONE -> throw new IllegalStateException("head: already complete (expected: reset() first)");
            default -> throw new AssertionError(state);
        }
        return false;
    }

    private void onStart(int b) {
        if (b == '\r' && isRequest) {
            state = State.LEADING_LF; // RFC 9112 section 2.2: one empty line before a request line is ignored
            return;
        }
        state = State.START_LINE;
        onStartLine(b);
    }

    private void onStartLine(int b) {
        if (b == '\r') {
            require(!isRequest || separators == 2 && versionBytes == VERSION_PREFIX.length() + 1,
                    "a request line that is not 'method target HTTP/1.x'");
            require(isRequest || startLineBytes == 0 || startLineBytes >= STATUS_LINE.length(),
                    "a status line that is not 'HTTP/1.x NNN reason'");
            require(startLineBytes > 0, "an empty start line");
            state = State.START_LINE_LF;
            return;
        }
        if (++startLineBytes > maxStartLineBytes) {
            throw new FramingException(Fault.START_LINE_TOO_LONG,
                    "start line: over " + maxStartLineBytes + " bytes (expected: at most that)");
        }
        require(b != '\n', "a bare LF in the head");
        if (!isRequest) {
            require(isText(b), "a control character in the status line");
            require(isOfStatusLine(b, startLineBytes - 1), "a status line that is not 'HTTP/1.x NNN reason'");
            return;
        }
        onRequestLine(b);
    }

    /** Returns whether a status line may have a byte at an index (RFC 9112 section 4); the reason may be missing. */
    private static boolean isOfStatusLine(int b, int index) {
        if (index > STATUS_LINE.length()) {
            return true;
        }
        if (index == STATUS_LINE.length()) {
            return b == ' ';
        }
        boolean isMinor = index == VERSION_PREFIX.length();
        boolean isDigit = index > VERSION_PREFIX.length() + 1;
        return isMinor ? b == '0' || b == '1' : isDigit ? b >= '0' && b <= '9' : b == STATUS_LINE.charAt(index);
    }

    private void onRequestLine(int b) {
        if (b == ' ') {
            separators++;
            require(!isAfterSeparator && separators <= 2, "a request line with an unexpected separator");
            isAfterSeparator = true;
            return;
        }
        isAfterSeparator = false;
        require(b > 0x20 && b < 0x7f,
                "a request line with an unexpected separator or a byte outside printable ASCII");
        if (separators == 0) {
            require(IS_TOKEN_BYTE[b], "a method that is not a token");
            return;
        }
        if (separators == 2) {
            onVersion(b);
        }
    }

    private void onVersion(int b) {
        boolean isPrefix = versionBytes < VERSION_PREFIX.length();
        if (isPrefix ? b != VERSION_PREFIX.charAt(versionBytes) : versionBytes > VERSION_PREFIX.length()
                || b != '0' && b != '1') {
            throw new FramingException(Fault.VERSION,
                    "protocol version: not supported (expected: HTTP/1.1 or HTTP/1.0)");
        }
        versionBytes++;
    }

    private void onLineStart(int b) {
        if (b == '\r') {
            state = State.END_LF;
            return;
        }
        require(b != ' ' && b != '\t', "a folded header line");
        nameBytes = 0;
        isHostName = true;
        state = State.NAME;
        onName(b);
    }

    private void onName(int b) {
        if (b == ':') {
            require(nameBytes > 0, "a header line without a name");
            if (isHostName && nameBytes == HOST.length()) {
                hosts++;
            }
            state = State.VALUE;
            return;
        }
        require(IS_TOKEN_BYTE[b], "a header name that is not a token");
        if (isHostName && (nameBytes >= HOST.length() || (b | 0x20) != HOST.charAt(nameBytes))) {
            isHostName = false;
        }
        nameBytes++;
    }

    private void onValue(int b) {
        if (b == '\r') {
            state = State.VALUE_LF;
            return;
        }
        require(b != '\n', "a bare LF in the head");
        require(isText(b), "a control character in a header value");
    }

    /** Returns the table of {@code tchar} bytes (RFC 9110 section 5.6.2). */
    private static boolean[] tokenBytes() {
        boolean[] isToken = new boolean[256];
        for (int b = 0x21; b < 0x7f; b++) {
            isToken[b] = Character.isLetterOrDigit(b) || "!#$%&'*+-.^_`|~".indexOf(b) >= 0;
        }
        return isToken;
    }

    /** Returns whether a byte may occur in a header name. */
    static boolean isTokenByte(int b) {
        return IS_TOKEN_BYTE[b];
    }

    private static void require(boolean isValid, String found) {
        if (!isValid) {
            throw FramingException.malformed("head: " + found + " (expected: RFC 9112 syntax)");
        }
    }

    private enum State {
        START, LEADING_LF, START_LINE, START_LINE_LF, LINE_START, NAME, VALUE, VALUE_LF, END_LF, DONE
    }
}
