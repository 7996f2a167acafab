// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 the Sluice authors
package dev.sluice.engine.websocket;

import dev.sluice.engine.loop.MemoryBudget;
import dev.sluice.protocol.json.JsonCapture;
import dev.sluice.protocol.json.JsonException;
import dev.sluice.protocol.json.JsonKind;
import dev.sluice.protocol.json.JsonLimits;
import dev.sluice.protocol.json.JsonScanner;
import dev.sluice.protocol.json.WatchTable;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;

/**
 * The keeper of a response's output items, verbatim, as its {@code response.output_item.done} events report them. An
 * unstored response that a later request continues is known only here.
 *
 * <p><b>Threading:</b> confined to one event loop. <b>Ownership:</b> owns the kept bytes until {@link #take} or
 * {@link #release}.
 */
final class OutputKeeper {
    private static final byte[] DONE = "response.output_item.done".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] COMPLETED = "response.completed".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] INCOMPLETE = "response.incomplete".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CREATED = "response.created".getBytes(StandardCharsets.US_ASCII);
    private static final int LOOK_BYTES = 128;
    private static final int ID_BYTES = 512;
    private static final WatchTable TABLE;
    private static final int ITEM;
    private static final int ID;

    static {
        WatchTable.Builder builder = WatchTable.builder();
        ITEM = builder.watch("item", 0);
        ID = builder.watch("response.id", ID_BYTES);
        TABLE = builder.build();
    }

    private final ByteBufAllocator allocator;
    private final long maxBytes;
    private final MemoryBudget budget;
    private final byte[] scratch;
    private long reservedBytes;
    private ByteBuf items;
    private ByteBuf longEvent;
    private String id;
    private boolean isEnded;
    private boolean isTooLarge;
    private long itemStart;
    private long itemEnd;

    /**
     * @param maxBytes the number of bytes above which nothing is kept
     * @param budget   bounds the memory of all bodies of the relay
     * @param scratch  a work array that no other thread uses
     */
    OutputKeeper(ByteBufAllocator allocator, long maxBytes, MemoryBudget budget, byte[] scratch) {
        this.budget = budget;
        this.allocator = allocator;
        this.maxBytes = maxBytes;
        this.scratch = scratch;
    }

    /** Looks at one event; borrows its data. */
    void onEvent(ByteBuf data, int from, int to) {
        if (names(data, from, to, DONE)) {
            scan(data, from, to);
            if (itemEnd > 0) {
                add(data, from + (int) itemStart, (int) (itemEnd - itemStart));
            }
        } else if (id == null && names(data, from, to, CREATED)) {
            scan(data, from, to);
        } else if (names(data, from, to, COMPLETED) || names(data, from, to, INCOMPLETE)) {
            isEnded = true;
            scan(data, from, to);
        }
    }

    private void scan(ByteBuf data, int from, int to) {
        itemStart = 0;
        itemEnd = 0;
        JsonScanner json = new JsonScanner(TABLE, JsonLimits.DEFAULT);
        json.reset(this::onValue);
        try {
            json.feed(data, from, to, scratch);
            json.end();
        } catch (JsonException e) {
            isTooLarge = true; // not an event that could be continued from
        }
    }

    private void onValue(int watch, JsonKind kind, long start, long end, JsonCapture value) {
        if (watch == ITEM) {
            itemStart = start;
            itemEnd = end;
        } else if (watch == ID && kind == JsonKind.STRING) {
            id = value.asString();
        }
    }

    /** Returns whether a type occurs at the beginning of an event; a false hit only costs a scan. */
    private static boolean names(ByteBuf data, int from, int to, byte[] type) {
        int last = Math.min(to, from + LOOK_BYTES) - type.length;
        for (int i = from; i <= last; i++) {
            int n = 0;
            while (n < type.length && data.getByte(i + n) == type[n]) {
                n++;
            }
            if (n == type.length) {
                return true;
            }
        }
        return false;
    }

    private void add(ByteBuf data, int from, int length) {
        long bytes = items == null ? 0 : items.readableBytes();
        if (isTooLarge || bytes + length + 1 > maxBytes || !reserve(length + 1)) {
            isTooLarge = true;
            return;
        }
        if (items == null) {
            items = allocator.directBuffer(Math.max(256, length));
        } else {
            items.writeByte(',');
        }
        items.writeBytes(data, from, length);
    }

    private boolean reserve(int length) {
        boolean isReserved = budget.tryReserve(length);
        reservedBytes += isReserved ? length : 0;
        return isReserved;
    }

    /** Begins an event that arrives in parts. */
    void beginLong() {
        longEvent = allocator.directBuffer();
    }

    /** Adds a part of a long event; borrows it. */
    void addPart(ByteBuf data, int from, int length) {
        if (!isTooLarge && (longEvent.readableBytes() + (long) length > maxBytes || !reserve(length))) {
            isTooLarge = true;
            longEvent.clear();
        }
        if (!isTooLarge) {
            longEvent.writeBytes(data, from, length);
        }
    }

    /** Ends a long event. */
    void endLong() {
        if (!isTooLarge) {
            onEvent(longEvent, longEvent.readerIndex(), longEvent.writerIndex());
        }
        longEvent.release();
        longEvent = null;
    }

    /** {@return the id of the response, or null if it cannot be continued} */
    String id() {
        return isEnded && !isTooLarge ? id : null;
    }

    /** {@return whether the response has ended, with all of its output or with a part of it, and not failed} */
    boolean isEnded() {
        return isEnded;
    }

    /** Returns the kept items, separated by commas, and gives up their ownership; null for none. */
    ByteBuf take() {
        ByteBuf taken = items;
        items = null;
        return taken;
    }

    /** Releases everything; idempotent. */
    void release() {
        if (items != null) {
            items.release();
            items = null;
        }
        if (longEvent != null) {
            longEvent.release();
            longEvent = null;
        }
        budget.release(reservedBytes);
        reservedBytes = 0;
    }
}
