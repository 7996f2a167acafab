// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.protocol.json;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * Scans one JSON text as it arrives, in any cut: strict RFC 8259 in UTF-8, one root value and nothing after it.
 *
 * <p>Structure and watched paths are followed exactly; the inside of a long string is skipped at memory speed with
 * every byte checked. Names are compared decoded. In every object that contains a watched path a name may occur only
 * once and the number of members is limited; elsewhere duplicates pass. Lone surrogate escapes pass.
 *
 * <p><b>Threading:</b> confined to one thread at a time; reusable through {@link #reset}.
 *
 * <p><b>Ownership:</b> borrows what it is fed.
 *
 * <p><b>Errors:</b> every method that reads throws {@link JsonException}; the scanner must be reset after one.
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
    /** What most texts need; deeper ones and longer names get more, up to the limits. */
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

    /** Creates one that is reset to tell nobody. */
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

    /** Makes ready for a new text. */
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

    /** Returns how many bytes were fed since the last reset. */
    public long position() {
        return base;
    }

    /** Within a callback: returns how many containers are around the value. */
    public int depth() {
        return depth;
    }

    /** Within a callback: returns the value's place in the container at a level, counted from 0. */
    public int ordinal(int level) {
        return ordinals[level];
    }

    /** Within a callback: returns whether the container at a level, counted from 1, is an array. */
    public boolean isArray(int level) {
        return (isObject[level >> 6] >>> level & 1) == 0;
    }

    /** Within a callback: returns the offset of the comma before the value's member or element; -1 for the first. */
    public long separator() {
        return separators[depth];
    }

    /** Within a callback: returns the offset of the opening quote of the value's name; only for members. */
    public long nameStart() {
        return nameStarts[depth];
    }

    /** Within {@code onValueStart}: returns the offset after the closing quote of the value's name. */
    public long nameEnd() {
        return nameEnd;
    }

    /** Within a callback: returns whether the value is a member of an object. */
    public boolean isMember() {
        return depth > 0 && isInObject();
    }

    /** Within {@code onValueEnd} of a container: returns how many members or elements it had. */
    public int children() {
        return children;
    }

    /** Within {@code onValueEnd}: asks for {@link JsonListener#onNext} when the comma or bracket after it has come. */
    public void wantNext() {
        isNextWanted = true;
    }

    /**
     * Returns the offset from which on the text belongs to a member or element that has begun and of which no value has
     * been told yet; {@link #position} where there is none, or its container is not watched.
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

    /** Returns whether the root value is complete: only white space may follow. */
    public boolean isComplete() {
        return state == DONE;
    }

    /**
     * Scans on, through a copy: for the processor the walk over an array in its cache is worth far more than the copy.
     *
     * @param text    borrowed; its indices do not change
     * @param scratch any array; may be shared by all scanners of one thread; its size is the step of the copy
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
     * In the middle of a long plain string, goes over whole blocks without the copy to the bytes.
     *
     * @return the index of the first block that is not plain, or of the rest
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
            plainBytes = 0; // this block is not plain: first look at its bytes
        }
        return from + skipped;
    }

    /** Scans on. */
    public void feed(byte[] text, int from, int to) {
        long textBase = base - from;
        captureFrom = from;
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

    /** Says that the text has ended. */
    public void end() {
        if (state == NUMBER && depth == 0) {
            number.end(base);
            captureFrom = 0;
            endValue(new byte[0], 0, base);
        }
        if (state != DONE) {
            throw new JsonException("end of the text in mid-value (expected: a complete JSON value)", base);
        }
    }

    private static boolean isWhiteSpace(byte b) {
        return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }

    /** Takes {@code text[i]}, and what it begins as far as it has come; returns the index after that. */
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
            case AFTER_VALUE -> acceptAfterValue(text, i, textBase);
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
        switch (kind) {
            case OBJECT, ARRAY -> {
                openContainer(offset);
                return i + 1;
            }
            case STRING -> {
                state = STRING;
                isName = false;
                string.reset();
                return scanString(text, i + 1, to, textBase);
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

    /** The current value, which ends before {@code text[end]}, is complete. */
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
        return scanString(text, i + 1, to, textBase);
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
        if (isWhole) { // as most are: it is compared where it stands
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

    /** The member's name, which ends before {@code offset}, is complete: {@code bytes[from, from + length)}. */
    private void endName(byte[] bytes, int from, int length, long offset) {
        state = COLON;
        nameEnd = offset + 1;
        valueNode = WatchTable.NONE;
        if (!isNameKept) {
            return;
        }
        NameSet seen = namesAt(depth);
        if (!seen.add(bytes, from, length)) {
            throw new JsonException("duplicate member name (expected: each name once in this object)", offset);
        }
        if (seen.count() > limits.maxMembers()) {
            throw new JsonException("more than " + limits.maxMembers() + " members in an object (expected: at most"
                    + " that)", offset);
        }
        valueNode = table.member(nodes[depth], bytes, from, length);
    }

    private int scanNumber(byte[] text, int from, int to, long textBase) {
        int i = from;
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
