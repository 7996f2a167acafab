// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * An incremental scanner of one JSON text, split into chunks at any byte. It accepts strict RFC 8259 in UTF-8: one root
 * value, followed only by white space.
 *
 * <p>Structure and watched paths are followed exactly. The inside of a long string is skipped at memory speed, with
 * every byte checked. Member names are decoded before they are compared. In an object that contains a watched path,
 * each name may occur only once and the number of members is limited; other objects may have duplicate names. Escapes
 * of lone surrogates are accepted.
 *
 * <p><b>Threading:</b> confined to one thread at a time; reusable through {@link #reset}.
 *
 * <p><b>Ownership:</b> borrows the buffers and arrays that it scans.
 *
 * <p><b>Errors:</b> {@link #feed(byte[], int, int)} and the other scanning methods throw {@link JsonException}, after
 * which the scanner must be reset.
 */
public final class JsonScanner {
    private static final int VALUE = 0;
    private static final int FIRST_ELEMENT = 1;
    private static final int FIRST_KEY = 2;
    private static final int KEY = 3;
    private static final int COLON = 4;
    private static final int AFTER_VALUE = 5;
    private static final int STRING = 6;
    private static final int NUMBER = 7;
    private static final int LITERAL = 8;
    private static final int DONE = 9;
    private static final long NO_SEPARATOR = -1;
    /** Initial sizes, enough for most texts. The arrays grow up to the limits for deeper texts and longer names. */
    private static final int FIRST_LEVELS = 16;
    private static final int FIRST_NAME_BYTES = 64;

    private final WatchTable table;
    private final JsonLimits limits;
    private final NumberScanner number = new NumberScanner();
    private final StringScanner string = new StringScanner();
    private final JsonCapture capture = new JsonCapture();
    private final JsonCapture notCaptured = new JsonCapture();
    private NameSet[] names;
    private int[] nodes;
    private long[] starts;
    private long[] nameStarts;
    private long[] separators;
    private int[] ordinals;
    private final long[] isObject;
    private byte[] name;

    private JsonListener listener;
    private int state;
    private int depth;
    private long base;
    private boolean isName;
    private boolean isNameKept;
    private int nameBytes;
    private int valueNode;
    private long valueStart;
    private JsonKind kind;
    private String literal;
    private int literalAt;
    private int captureDepth;
    private int captureFrom;
    private int children;
    private long nameEnd;
    private boolean isNextWanted;
    private long plainBytes;
    private PlainBlocks blocks;

    /**
     * Creates a scanner whose listener ignores all values. {@link #reset} sets another listener.
     *
     * @param table  the watched paths
     * @param limits the limits of the text
     */
    public JsonScanner(WatchTable table, JsonLimits limits) {
        this.table = table;
        this.limits = limits;
        int levels = Math.min(FIRST_LEVELS, limits.maxDepth() + 1);
        names = new NameSet[levels];
        nodes = new int[levels];
        starts = new long[levels];
        nameStarts = new long[levels];
        separators = new long[levels];
        ordinals = new int[levels];
        isObject = new long[limits.maxDepth() / 64 + 1];
        name = new byte[Math.min(FIRST_NAME_BYTES, limits.maxNameBytes())];
        reset((watch, valueKind, start, end, value) -> { });
    }

    /**
     * Prepares the scanner for a new text.
     *
     * @param newListener the listener of the new text
     */
    public void reset(JsonListener newListener) {
        listener = newListener;
        state = VALUE;
        depth = 0;
        base = 0;
        valueNode = table.root();
        captureDepth = WatchTable.NONE;
        capture.trim();
        separators[0] = NO_SEPARATOR;
        ordinals[0] = 0;
        isNextWanted = false;
    }

    /** {@return the number of bytes scanned since the last reset; within a callback, up to the start of the chunk} */
    public long position() {
        return base;
    }

    /** {@return the number of containers around the value; valid within a callback} */
    public int depth() {
        return depth;
    }

    /**
     * Returns the position of the value, or of the container around it, in the container at a level. Valid within a
     * callback.
     *
     * @param level the level of the container, counted from 1; 0 to {@link #depth()}
     * @return the position, counted from 0; 0 at level 0
     */
    public int ordinal(int level) {
        return ordinals[level];
    }

    /**
     * Returns whether the container at a level is an array. Valid within a callback.
     *
     * @param level the level of the container, 1 to {@link #depth()}
     * @return false if it is an object
     */
    public boolean isArray(int level) {
        return (isObject[level >> 6] >>> level & 1) == 0;
    }

    /** {@return the offset of the comma before the member or element; -1 for the first; valid within a callback} */
    public long separator() {
        return separators[depth];
    }

    /** {@return the offset of the opening quote of the member's name; valid within a callback for a member} */
    public long nameStart() {
        return nameStarts[depth];
    }

    /** {@return the offset after the closing quote of the member's name; valid within {@code onValueStart}} */
    public long nameEnd() {
        return nameEnd;
    }

    /** {@return whether the value is a member of an object; valid within a callback} */
    public boolean isMember() {
        return depth > 0 && isInObject();
    }

    /** {@return the number of members or elements of the container that ended; valid within {@code onValueEnd}} */
    public int children() {
        return children;
    }

    /** Within {@code onValueEnd}, requests {@link JsonListener#onNext} for the comma or bracket that follows. */
    public void wantNext() {
        isNextWanted = true;
    }

    /**
     * Returns the offset at which a member or element begins whose value has not been reported yet, including the comma
     * before it.
     *
     * @return the offset; {@link #position} if there is no such member or element, or its container is not watched
     */
    public long undecidedFrom() {
        boolean isBeforeValue = state == KEY || state == COLON || state == VALUE || state == STRING && isName;
        if (!isBeforeValue || depth == 0 || nodes[depth] == WatchTable.NONE) {
            return base;
        }
        if (separators[depth] != NO_SEPARATOR) {
            return separators[depth];
        }
        return isInObject() ? nameStarts[depth] : base;
    }

    /** {@return whether the root value is complete, so that only white space may follow} */
    public boolean isComplete() {
        return state == DONE;
    }

    /**
     * Scans the next bytes of the text, which are a range of a buffer. A buffer without an array is copied in steps,
     * because scanning an array in the processor's cache saves far more time than the copy costs.
     *
     * @param text    borrowed; its indices do not change
     * @param from    index of the first byte to scan
     * @param to      index after the last byte to scan
     * @param scratch a work array of at least 1 byte; may be shared by all scanners of one thread. Its length is the
     *                number of bytes per step
     * @throws JsonException if the text is not JSON, or exceeds a limit
     */
    public void feed(ByteBuf text, int from, int to, byte[] scratch) {
        if (text.hasArray()) {
            feed(text.array(), text.arrayOffset() + from, text.arrayOffset() + to);
            return;
        }
        int i = from;
        while (i < to) {
            i = skipPlainBlocks(text, i, to);
            int step = Math.min(scratch.length, to - i);
            text.getBytes(i, scratch, 0, step);
            feed(scratch, 0, step);
            i += step;
        }
    }

    /**
     * Skips whole blocks in the middle of a long plain string, without the copy to the scratch array.
     *
     * @return the index of the first block that is not plain, or of the remaining bytes
     */
    private int skipPlainBlocks(ByteBuf text, int from, int to) {
        boolean isInPlainString = state == STRING && !isName && plainBytes >= PlainBlocks.BYTES
                && captureDepth == WatchTable.NONE;
        if (!isInPlainString || to - from < PlainBlocks.BYTES || text.nioBufferCount() != 1) {
            return from;
        }
        if (blocks == null) {
            blocks = new PlainBlocks();
        }
        int skipped = blocks.skip(text, from, to);
        base += skipped;
        if (to - from - skipped >= PlainBlocks.BYTES) {
            plainBytes = 0; // this block is not plain, so its bytes are scanned first
        }
        return from + skipped;
    }

    /**
     * Scans the next bytes of the text, which are a range of an array.
     *
     * @param text borrowed; the array is not changed
     * @param from index of the first byte to scan
     * @param to   index after the last byte to scan
     * @throws JsonException if the text is not JSON, or exceeds a limit
     */
    public void feed(byte[] text, int from, int to) {
        long textBase = base - from;
        captureFrom = from;
        string.nextBytes();
        int i = from;
        while (i < to) {
            if (state == STRING) {
                i = scanString(text, i, to, textBase);
                continue;
            }
            if (state == NUMBER) {
                i = scanNumber(text, i, to, textBase);
                continue;
            }
            if (state == LITERAL) {
                i = scanLiteral(text, i, to, textBase);
                continue;
            }
            byte b = text[i];
            if (b > ' ' || !isWhiteSpace(b)) {
                i = acceptStructural(text, i, to, textBase);
            } else {
                i++;
            }
        }
        if (captureDepth != WatchTable.NONE) {
            capture.append(text, captureFrom, to);
        }
        base = textBase + to;
    }

    /**
     * Marks the text as ended.
     *
     * @throws JsonException if the text is not a complete JSON value
     */
    public void end() {
        if (state == NUMBER && depth == 0) {
            number.end(base);
            captureFrom = 0;
            endValue(new byte[0], 0, base);
        }
        if (state != DONE) {
            throw new JsonException("text ended too early (expected: a complete JSON value)", base);
        }
    }

    private static boolean isWhiteSpace(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    /**
     * Accepts {@code text[i]} and as much as has arrived of the name or value that it begins. Returns the index after
     * the accepted bytes.
     *
     * <p>A member without white space is accepted in one call, from the comma before it to the end of its value if that
     * is a string, a number or a literal: the tests in between nearly always turn out the same, while the switch over
     * the state is a jump that the processor cannot predict.
     */
    private int acceptStructural(byte[] text, int i, int to, long textBase) {
        byte b = text[i];
        switch (state) {
            case VALUE -> {
                return startValue(text, i, to, textBase);
            }
            case FIRST_ELEMENT -> {
                if (b != ']') {
                    return startValue(text, i, to, textBase);
                }
                closeContainer(text, i, textBase, false);
            }
            case FIRST_KEY -> {
                if (b != '}') {
                    return startName(text, i, to, textBase);
                }
                closeContainer(text, i, textBase, true);
            }
            case KEY -> {
                return startName(text, i, to, textBase);
            }
            case COLON -> {
                if (b != ':') {
                    throw unexpected("a colon", textBase + i);
                }
                state = VALUE;
            }
            case AFTER_VALUE -> {
                acceptAfterValue(text, i, textBase);
                if (state == KEY && i + 1 < to && text[i + 1] == '"') {
                    return startName(text, i + 1, to, textBase);
                }
            }
            default -> throw new JsonException("bytes after the end of the value (expected: nothing)", textBase + i);
        }
        return i + 1;
    }

    private void acceptAfterValue(byte[] text, int i, long textBase) {
        byte b = text[i];
        boolean isInObject = isInObject();
        if (b == ',') {
            tellNext(textBase + i, false);
            separators[depth] = textBase + i;
            ordinals[depth]++;
            state = isInObject ? KEY : VALUE;
            valueNode = isInObject ? WatchTable.NONE : table.element(nodes[depth]);
            return;
        }
        if (b != (isInObject ? '}' : ']')) {
            throw unexpected(isInObject ? "a comma or the end of the object" : "a comma or the end of the array",
                    textBase + i);
        }
        tellNext(textBase + i, true);
        closeContainer(text, i, textBase, isInObject);
    }

    private void tellNext(long offset, boolean isLast) {
        if (isNextWanted) {
            isNextWanted = false;
            listener.onNext(offset, isLast);
        }
    }

    private int startValue(byte[] text, int i, int to, long textBase) {
        byte b = text[i];
        long offset = textBase + i;
        kind = kindOf(b, offset);
        valueStart = offset;
        if (valueNode != WatchTable.NONE && table.watch(valueNode) != WatchTable.NONE) {
            int captureBytes = table.captureBytes(valueNode, kind == JsonKind.OBJECT || kind == JsonKind.ARRAY);
            if (captureDepth == WatchTable.NONE && captureBytes > 0) {
                captureDepth = depth;
                captureFrom = i;
                capture.start(captureBytes);
            }
            listener.onValueStart(table.watch(valueNode), kind, offset);
        }
        if (b == '"') {
            state = STRING;
            isName = false;
            string.reset();
            return scanString(text, i + 1, to, textBase);
        }
        switch (kind) {
            case OBJECT, ARRAY -> {
                openContainer(offset);
                return i + 1;
            }
            case NUMBER -> {
                state = NUMBER;
                number.start(b);
                return scanNumber(text, i + 1, to, textBase);
            }
            default -> {
                state = LITERAL;
                literal = kind.words();
                literalAt = 1;
                return scanLiteral(text, i + 1, to, textBase);
            }
        }
    }

    private static JsonKind kindOf(byte b, long offset) {
        return switch (b) {
            case '{' -> JsonKind.OBJECT;
            case '[' -> JsonKind.ARRAY;
            case '"' -> JsonKind.STRING;
            case 't' -> JsonKind.TRUE;
            case 'f' -> JsonKind.FALSE;
            case 'n' -> JsonKind.NULL;
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> JsonKind.NUMBER;
            default -> throw unexpected("a value", offset);
        };
    }

    private void openContainer(long offset) {
        if (depth == limits.maxDepth()) {
            throw new JsonException("more than " + limits.maxDepth() + " levels (expected: at most that)", offset);
        }
        depth++;
        if (depth == nodes.length) {
            addLevels();
        }
        boolean opensObject = kind == JsonKind.OBJECT;
        setInObject(opensObject);
        nodes[depth] = valueNode;
        starts[depth] = offset;
        separators[depth] = NO_SEPARATOR;
        ordinals[depth] = 0;
        if (opensObject && table.hasMembers(valueNode)) {
            namesAt(depth).clear();
        }
        valueNode = opensObject ? WatchTable.NONE : table.element(nodes[depth]);
        state = opensObject ? FIRST_KEY : FIRST_ELEMENT;
    }

    private void addLevels() {
        int levels = Math.min(2 * nodes.length, limits.maxDepth() + 1);
        names = Arrays.copyOf(names, levels);
        nodes = Arrays.copyOf(nodes, levels);
        starts = Arrays.copyOf(starts, levels);
        nameStarts = Arrays.copyOf(nameStarts, levels);
        separators = Arrays.copyOf(separators, levels);
        ordinals = Arrays.copyOf(ordinals, levels);
    }

    private void closeContainer(byte[] text, int i, long textBase, boolean closesObject) {
        children = state == AFTER_VALUE ? ordinals[depth] + 1 : 0;
        valueNode = nodes[depth];
        valueStart = starts[depth];
        kind = closesObject ? JsonKind.OBJECT : JsonKind.ARRAY;
        depth--;
        endValue(text, i + 1, textBase);
    }

    /** Completes the current value, which ends before {@code text[end]}. */
    private void endValue(byte[] text, int end, long textBase) {
        state = depth == 0 ? DONE : AFTER_VALUE;
        if (valueNode == WatchTable.NONE || table.watch(valueNode) == WatchTable.NONE) {
            return;
        }
        JsonCapture value = notCaptured;
        if (captureDepth == depth) {
            capture.append(text, captureFrom, end);
            captureDepth = WatchTable.NONE;
            value = capture;
        }
        listener.onValueEnd(table.watch(valueNode), kind, valueStart, textBase + end, value);
    }

    private int startName(byte[] text, int i, int to, long textBase) {
        if (text[i] != '"') {
            throw unexpected("a member name", textBase + i);
        }
        state = STRING;
        isName = true;
        nameStarts[depth] = textBase + i;
        isNameKept = table.hasMembers(nodes[depth]);
        nameBytes = 0;
        string.reset();
        int next = scanString(text, i + 1, to, textBase);
        boolean isColonNext = state == COLON && next < to && text[next] == ':';
        if (!isColonNext) {
            return next;
        }
        state = VALUE;
        return next + 1 < to && text[next + 1] > ' ' ? startValue(text, next + 1, to, textBase) : next + 1;
    }

    private int scanString(byte[] text, int from, int to, long textBase) {
        int end = string.scan(text, from, to, textBase);
        plainBytes = end == to && string.isPlainSince(from) ? plainBytes + to - from : 0;
        if (!isName) {
            if (end == to) {
                return to;
            }
            endValue(text, end + 1, textBase);
            return end + 1;
        }
        boolean isWhole = end < to && nameBytes == 0 && !string.hasEscape() && end - from <= limits.maxNameBytes();
        if (isWhole) { // as most names are; no copy is needed
            endName(text, from, end - from, textBase + end);
            return end + 1;
        }
        addToName(text, from, end, textBase);
        if (end == to) {
            return to;
        }
        endName(name, 0, isNameKept && string.hasEscape() ? NameDecoder.decode(name, nameBytes) : nameBytes,
                textBase + end);
        return end + 1;
    }

    private void addToName(byte[] text, int from, int end, long textBase) {
        int added = end - from;
        if (added > limits.maxNameBytes() - nameBytes) {
            throw new JsonException("member name over " + limits.maxNameBytes() + " bytes (expected: at most that)",
                    textBase + from);
        }
        if (isNameKept) {
            if (added > name.length - nameBytes) {
                name = Arrays.copyOf(name, Math.min(limits.maxNameBytes(), Math.max(2 * name.length,
                        nameBytes + added)));
            }
            System.arraycopy(text, from, name, nameBytes, added);
        }
        nameBytes += added;
    }

    /** Completes the name {@code bytes[from, from + length)}, whose closing quote is at {@code offset}. */
    private void endName(byte[] bytes, int from, int length, long offset) {
        state = COLON;
        nameEnd = offset + 1;
        valueNode = WatchTable.NONE;
        if (!isNameKept) {
            return;
        }
        valueNode = table.member(nodes[depth], bytes, from, length);
        byte[] watched = valueNode == WatchTable.NONE && table.isCaseChecked(nodes[depth])
                ? table.otherSpelling(nodes[depth], bytes, from, length) : null;
        if (watched != null && table.hasOnlySpelling(watched)) {
            throw new JsonException("member name in another case (expected: "
                    + new String(watched, StandardCharsets.UTF_8) + ")", offset);
        }
        NameSet seen = namesAt(depth);
        boolean isNew = watched == null ? seen.add(bytes, from, length) : seen.add(watched, 0, watched.length);
        if (!isNew) {
            throw new JsonException("duplicate member name (expected: each name once in this object"
                    + (table.isCaseChecked(nodes[depth]) ? ", in one case)" : ")"), offset);
        }
        if (seen.count() > limits.maxMembers()) {
            throw new JsonException("more than " + limits.maxMembers() + " members in an object (expected: at most"
                    + " that)", offset);
        }
    }

    private int scanNumber(byte[] text, int from, int to, long textBase) {
        int i = number.skipDigits(text, from, to);
        while (i < to && number.accept(text[i], textBase + i)) {
            i++;
        }
        if (i < to) {
            endValue(text, i, textBase);
        }
        return i;
    }

    private int scanLiteral(byte[] text, int from, int to, long textBase) {
        int i = from;
        while (i < to && literalAt < literal.length()) {
            if (text[i] != literal.charAt(literalAt)) {
                throw unexpected("true, false or null", textBase + i);
            }
            literalAt++;
            i++;
        }
        if (literalAt == literal.length()) {
            endValue(text, i, textBase);
        }
        return i;
    }

    private NameSet namesAt(int level) {
        if (names[level - 1] == null) {
            names[level - 1] = new NameSet();
        }
        return names[level - 1];
    }

    private boolean isInObject() {
        return (isObject[depth >> 6] >>> depth & 1) != 0;
    }

    private void setInObject(boolean value) {
        long bit = 1L << depth;
        if (value) {
            isObject[depth >> 6] |= bit;
        } else {
            isObject[depth >> 6] &= ~bit;
        }
    }

    private static JsonException unexpected(String expected, long offset) {
        return new JsonException("unexpected byte (expected: " + expected + ")", offset);
    }
}
